# Installs ask-codex as a skill of Claude Code on Windows:  .\install.ps1 [--help]
# Where scripts are not allowed to run:  powershell -ExecutionPolicy Bypass -File install.ps1 [--help]
# Or without a clone:  irm <address of this file> | iex
# All it does is find Node and the bundle; scripts/install.mjs does the work, as for install.sh.

$NodeMajor = 20
$NodeMinor = 19
$DefaultRepo = 'https://github.com/ask-codex/ask-codex.git'

function Stop-Install([string] $Sentence, [int] $Code = 1) {
  [Console]::Error.WriteLine("ask-codex: $Sentence.")
  $script:InstallExit = $Code
}

function Test-Node {
  if (-not (Get-Command node -CommandType Application -ErrorAction SilentlyContinue)) {
    Stop-Install "Node.js is not on PATH, but ask-codex runs on it; install Node.js $NodeMajor.$NodeMinor or newer and run this again"
    return $false
  }
  $found = "$(& node --version)"
  $known = $found -match '^v(\d+)\.(\d+)\.'
  if ($known -and ([int]$Matches[1] -gt $NodeMajor -or ([int]$Matches[1] -eq $NodeMajor -and [int]$Matches[2] -ge $NodeMinor))) {
    return $true
  }
  Stop-Install "Node.js '$found' is too old for ask-codex or not readable; install Node.js $NodeMajor.$NodeMinor or newer and run this again"
  return $false
}

function Install-FromRepository([string[]] $Options) {
  $repo = if ($env:ASK_CODEX_REPO) { $env:ASK_CODEX_REPO } else { $DefaultRepo }
  $ref = $env:ASK_CODEX_REF
  if ($ref -like '-*') {
    Stop-Install "ASK_CODEX_REF is '$ref', which is no branch, tag or commit; correct it and run this again" 64
    return
  }
  if (-not (Get-Command git -CommandType Application -ErrorAction SilentlyContinue)) {
    Stop-Install 'git is not on PATH, but outside a clone ask-codex is fetched with it; install git and run this again'
    return
  }
  $clone = Join-Path ([IO.Path]::GetTempPath()) "ask-codex.$([Guid]::NewGuid())"
  # Without a ref the newest state is enough; a ref may be any commit, so that takes the history.
  $depth = if ($ref) { '--no-single-branch' } else { '--depth=1' }
  # Those of a git hook or the like would make git work on another repository, and they are the user's: put back below.
  $names = 'GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_TERMINAL_PROMPT', 'ASK_CODEX_TEMPORARY_CLONE'
  $before = @{}
  foreach ($name in $names) { $before[$name] = [Environment]::GetEnvironmentVariable($name) }
  try {
    foreach ($name in $names) { Remove-Item -LiteralPath "Env:$name" -ErrorAction SilentlyContinue }
    # A missing repository must be an error, not a question for a password.
    $env:GIT_TERMINAL_PROMPT = '0'
    & git clone --quiet $depth '--' $repo $clone
    if ($LASTEXITCODE -ne 0) {
      Stop-Install "$repo could not be cloned (git says why above); check the network and ASK_CODEX_REPO, and run this again"
      return
    }
    if ($ref) {
      & git -C $clone checkout --quiet $ref '--'
      if ($LASTEXITCODE -ne 0) {
        Stop-Install "$repo has no '$ref' (git says why above); correct ASK_CODEX_REF and run this again"
        return
      }
    }
    if (-not (Test-Path -LiteralPath (Join-Path $clone 'scripts/install.mjs'))) {
      Stop-Install "$repo is not a repository of ask-codex (it has no scripts/install.mjs); correct ASK_CODEX_REPO and run this again"
      return
    }
    $env:ASK_CODEX_TEMPORARY_CLONE = '1'
    & node (Join-Path $clone 'scripts/install.mjs') @Options
    $script:InstallExit = $LASTEXITCODE
  } finally {
    foreach ($name in $names) {
      Remove-Item -LiteralPath "Env:$name" -ErrorAction SilentlyContinue
      if ($null -ne $before[$name]) { Set-Item -LiteralPath "Env:$name" -Value $before[$name] }
    }
    Remove-Item -Recurse -Force -ErrorAction SilentlyContinue -LiteralPath $clone
  }
}

$script:InstallExit = 0
if (Test-Node) {
  $isBundle = $PSScriptRoot -and (Test-Path -LiteralPath (Join-Path $PSScriptRoot 'scripts/install.mjs')) -and
    (Test-Path -LiteralPath (Join-Path $PSScriptRoot 'SKILL.md'))
  if ($isBundle) {
    & node (Join-Path $PSScriptRoot 'scripts/install.mjs') @args
    $script:InstallExit = $LASTEXITCODE
  } else {
    Install-FromRepository $args
  }
}
# Under `irm | iex` an exit would close the user's window.
if ($PSCommandPath) { exit $script:InstallExit }
