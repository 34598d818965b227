const set = (names: string): ReadonlySet<string> => new Set(names.trim().split(/\s+/));

/** Programs that developers check their work with: a line of a packet that begins with one is a command. */
export const KNOWN_PROGRAMS = set(`
  npm npx pnpm pnpx yarn bun bunx deno node corepack tsc tsx ts-node eslint biome prettier vitest jest mocha ava c8 nyc
  playwright cypress webpack rollup vite esbuild turbo nx lerna lint-staged stylelint svelte-check astro oxlint knip
  python python2 python3 pip pip3 pipx pytest uv uvx poetry pdm hatch rye tox nox ruff mypy pyright black isort flake8
  pylint coverage django-admin cargo rustc rustfmt go gofmt gotestsum golangci-lint staticcheck make gmake just task
  ninja cmake ctest meson bazel bazelisk buck2 gcc g++ clang clang-tidy clang-format valgrind bash sh zsh shellcheck
  shfmt bats git gh hg test [ [[ grep egrep fgrep rg ag find fd awk sed sort head tail wc cat ls stat file diff cmp comm
  xargs echo printf env time timeout jq yq xmllint curl wget mvn mvnw gradle gradlew ant sbt scala lein clojure java
  javac kotlinc ktlint dotnet msbuild swift swiftc swiftlint xcodebuild pod bundle bundler rake rspec ruby rubocop gem
  rails mix elixir rebar3 php composer phpunit phpstan psalm pint pest perl prove lua luacheck busted ghc cabal stack
  hlint dune opam zig nim crystal Rscript julia terraform tofu tflint docker docker-compose podman helm kubectl
  ansible-lint pre-commit hadolint actionlint markdownlint markdownlint-cli2 vale codespell sqlfluff protoc buf true
  false`);

/** Of these, the names that are words of English: a sentence may begin with one. */
export const WORD_PROGRAMS = set(`
  ava astro black bash bundle cat diff echo false file find go head java just make mix node pest pint pod prove rake ruby
  sort stack swift tail task test time timeout true turbo env coverage crystal ant vale comm stat buck2 dune hatch rye`);

/** And of those, the ones that are words first: an option, a path or a sign of the shell has to show the command. */
export const WEAK_PROGRAMS = set(`
  ant cat coverage comm crystal diff dune env false file find hatch head pest pint pod sort stack stat tail task time
  timeout true vale`);

/** Programs that take words to look for or to print: cutting one off would change what they do. */
export const TEXT_PROGRAMS = set("grep egrep fgrep rg ag find fd awk sed echo printf jq yq gh test [ [[ xargs");

/** What has to stand behind the programs that are always called with a word of theirs. */
export const SUBCOMMANDS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["go", set("build test vet run fmt mod generate install list tool version work env get clean doc fix")],
  [
    "git",
    set(`apply blame branch cat-file check-attr check-ignore cherry config describe diff diff-files diff-index diff-tree
      for-each-ref format-patch fsck grep log ls-files ls-remote ls-tree merge-base merge-tree name-rev notes range-diff
      reflog remote rev-list rev-parse shortlog show show-ref stash status submodule symbolic-ref tag verify-commit
      worktree`),
  ],
]);
