/** What a program is known to read besides what its command names. */
export interface CheckReads {
  /** Names of programs as they stand in commands; "script" is any program that is called by its path. */
  programs: readonly string[];
  files: RegExp;
}

const NODE = [
  "npm",
  "npx",
  "pnpm",
  "pnpx",
  "yarn",
  "yarnpkg",
  "bun",
  "bunx",
  "node",
  "tsx",
  "deno",
  "corepack",
  "nx",
  "turbo",
  "lerna",
];
const NODE_TESTS = [
  "vitest",
  "jest",
  "mocha",
  "ava",
  "tap",
  "jasmine",
  "karma",
  "playwright",
  "cypress",
  "wdio",
  "c8",
  "nyc",
];
const NODE_CHECKS = ["tsc", "vue-tsc", "eslint", "biome", "prettier", "oxlint", "stylelint", "xo", "standard"];
const PYTHON = [
  "python",
  "python2",
  "python3",
  "py",
  "pytest",
  "py.test",
  "tox",
  "nox",
  "unittest",
  "nose2",
  "uv",
  "uvx",
  "poetry",
  "pdm",
  "hatch",
  "pipenv",
  "coverage",
];
const PYTHON_CHECKS = ["ruff", "mypy", "pyright", "flake8", "pylint", "black", "isort", "bandit"];
const RUBY = ["ruby", "rake", "rspec", "bundle", "rails", "minitest", "cucumber"];
const PHP = ["php", "phpunit", "pest", "composer", "phpstan", "psalm", "artisan"];
const JVM = ["mvn", "mvnw", "gradle", "gradlew", "sbt", "lein", "ant", "kotlinc"];
const MAKERS = ["make", "gmake", "just", "task", "ninja", "cmake", "ctest", "meson", "bazel", "buck2", "rake"];
const RUNNERS = [...NODE, ...NODE_TESTS, ...PYTHON, ...RUBY, ...PHP, ...JVM, ...MAKERS];
const MORE_RUNNERS = [
  "cargo",
  "go",
  "gotestsum",
  "dotnet",
  "swift",
  "xcodebuild",
  "mix",
  "dart",
  "flutter",
  "zig",
  "stack",
  "cabal",
  "script",
];

/** At any depth: a monorepo has one of each in every package. */
const named = (names: string): RegExp => new RegExp(`(?:^|/)(?:${names})$`, "i");

/** One row for each thing that is known. A new program is a word or a row. */
export const CHECK_READS: readonly CheckReads[] = [
  {
    programs: [...RUNNERS, ...MORE_RUNNERS],
    // Tests by convention of all languages, with what they compare to.
    files:
      /(?:^|\/)(?:tests?|__tests__|specs?|__snapshots__|__mocks__|__fixtures__|fixtures|testdata|e2e|cypress)\/|[._-](?:test|tests|spec|specs|e2e|cy)\.[^/.]+$|(?:^|\/)(?:test_[^/]*|conftest)\.py$|_test\.(?:py|go|rb|exs|dart|cc|cpp|c)$|_spec\.rb$|Tests?\.(?:java|kt|cs|php|swift|scala)$|\.snap$/,
  },
  {
    programs: [...NODE, ...NODE_TESTS, ...NODE_CHECKS],
    files: named(
      String.raw`package\.json|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|pnpm-workspace\.yaml|\.pnpmfile\.cjs|yarn\.lock|bun\.lockb?|bunfig\.toml|deno\.jsonc?|deno\.lock|\.npmrc|\.yarnrc(?:\.yml)?|nx\.json|turbo\.json|lerna\.json`,
    ),
  },
  {
    programs: [...NODE, ...NODE_TESTS, ...NODE_CHECKS],
    files: named(
      String.raw`(?:vitest|vite|jest|mocha|ava|karma|babel|playwright|cypress|wdio|c8|nyc|eslint|prettier|stylelint|tsup|rollup|webpack)\.(?:config|workspace|setup|conf)\.[^/]+|(?:vitest|jest)[.-]setup\.[^/]+|\.(?:mocharc|babelrc|nycrc|c8rc|swcrc|eslintrc|eslintignore|prettierrc|prettierignore|stylelintrc)(?:\.[^/]+)?|[tj]sconfig(?:\.[^/]+)?\.json|biome\.jsonc?`,
    ),
  },
  {
    programs: [...PYTHON, ...PYTHON_CHECKS],
    files: named(
      String.raw`pyproject\.toml|setup\.(?:cfg|py)|pytest\.ini|\.pytest\.ini|tox\.ini|tox\.toml|noxfile\.py|conftest\.py|\.?coveragerc|requirements[^/]*\.txt|constraints\.txt|Pipfile(?:\.lock)?|poetry\.lock|uv\.lock|pdm\.lock|\.?ruff\.toml|mypy\.ini|\.mypy\.ini|pyrightconfig\.json|\.flake8|\.?pylintrc|\.isort\.cfg|sitecustomize\.py`,
    ),
  },
  {
    programs: MAKERS,
    files: named(
      String.raw`(?:GNU)?Makefile|[^/]+\.mk|\.?justfile|Taskfile\.ya?ml|CMakeLists\.txt|CTestTestfile\.cmake|[^/]+\.cmake|build\.ninja|meson\.build|WORKSPACE|MODULE\.bazel|BUILD(?:\.bazel)?|\.bazelrc|BUCK|\.buckconfig`,
    ),
  },
  {
    programs: ["cargo", "rustc", "cross"],
    files: named(
      String.raw`Cargo\.(?:toml|lock)|build\.rs|rust-toolchain(?:\.toml)?|\.?clippy\.toml|\.?rustfmt\.toml|nextest\.toml|\.cargo/config(?:\.toml)?`,
    ),
  },
  {
    programs: ["go", "gotestsum", "golangci-lint", "staticcheck"],
    files: named(String.raw`go\.(?:mod|sum|work|work\.sum)|\.golangci\.(?:ya?ml|toml|json)|staticcheck\.conf`),
  },
  {
    programs: [...RUBY, "rubocop"],
    files: named(
      String.raw`Gemfile(?:\.lock)?|Rakefile|\.rspec|[^/]+\.gemspec|\.rubocop\.yml|(?:spec|rails|test)_helper\.rb`,
    ),
  },
  {
    programs: PHP,
    files: named(
      String.raw`composer\.(?:json|lock)|phpunit(?:\.dist)?\.xml(?:\.dist)?|phpstan(?:\.dist)?\.neon(?:\.dist)?|psalm\.xml`,
    ),
  },
  {
    programs: JVM,
    files: named(
      String.raw`pom\.xml|(?:build|settings)\.gradle(?:\.kts)?|gradle\.properties|libs\.versions\.toml|gradlew(?:\.bat)?|mvnw(?:\.cmd)?|build\.sbt|project\.clj|build\.xml`,
    ),
  },
  {
    programs: ["dotnet", "msbuild"],
    files: named(
      String.raw`[^/]+\.(?:csproj|fsproj|vbproj|sln|slnx|runsettings)|Directory\.(?:Build|Packages)\.(?:props|targets)|global\.json|nuget\.config`,
    ),
  },
  {
    programs: ["swift", "xcodebuild"],
    files: named(String.raw`Package\.(?:swift|resolved)|project\.pbxproj|[^/]+\.xctestplan`),
  },
  { programs: ["mix", "elixir"], files: named(String.raw`mix\.(?:exs|lock)|\.formatter\.exs|test_helper\.exs`) },
  {
    programs: ["dart", "flutter"],
    files: named(String.raw`pubspec\.(?:yaml|lock)|analysis_options\.yaml|dart_test\.yaml`),
  },
  {
    programs: ["docker", "docker-compose", "podman"],
    files: named(
      String.raw`(?:Docker|Container)file(?:\.[^/]+)?|(?:docker-)?compose(?:\.[^/]+)?\.ya?ml|\.dockerignore`,
    ),
  },
  {
    programs: ["pre-commit", "lefthook", "husky", "lint-staged"],
    files: /(?:^|\/)(?:\.pre-commit-config\.yaml|lefthook\.ya?ml|\.lintstagedrc[^/]*|\.husky\/.+)$/,
  },
  {
    programs: [
      "act",
      "actionlint",
      "gitlab-runner",
      "gitlab-ci-local",
      "circleci",
      "buildkite-agent",
      "drone",
      "woodpecker-cli",
    ],
    files:
      /^(?:\.github\/(?:workflows|actions)\/|\.circleci\/|\.buildkite\/|\.woodpecker|\.gitlab-ci|\.drone\.yml)|(?:^|\/)action\.ya?ml$/,
  },
];
