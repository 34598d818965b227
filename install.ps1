# Installs ask-codex as a skill of Claude Code on Windows:  .\install.ps1 [--help]
# Where scripts are not allowed to run:  powershell -ExecutionPolicy Bypass -File install.ps1 [--help]
# Or without a clone:  irm <address of this file> | iex
# All it does is find Node and the bundle; scripts/install.mjs does the work, as for install.sh.

$NodeMajor = 20
$NodeMinor = 19
$DefaultRepo = 'https://github.com/ask-codex/ask-codex.git'

function Stop-Install([string] $Sentence) {
  [Console]::Error.WriteLine("ask-codex: $Sentence.")
  $script:InstallExit = 1
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
  if (-not (Get-Command git -CommandType Application -ErrorAction SilentlyContinue)) {
    Stop-Install 'git is not on PATH, but outside a clone ask-codex is fetched with it; install git and run this again'
    return
  }
  $clone = Join-Path ([IO.Path]::GetTempPath()) "ask-codex.$([Guid]::NewGuid())"
  $prompt = $env:GIT_TERMINAL_PROMPT
  try {
    # A missing repository must be an error, not a question for a password.
    $env:GIT_TERMINAL_PROMPT = '0'
    & git clone --quiet -- $repo $clone
    if ($LASTEXITCODE -eq 0 -and $env:ASK_CODEX_REF) { & git -C $clone checkout --quiet $env:ASK_CODEX_REF -- }
    if ($LASTEXITCODE -ne 0) {
      Stop-Install "$repo could not be cloned; check the network, ASK_CODEX_REPO and ASK_CODEX_REF, and run this again"
      return
    }
    $env:ASK_CODEX_TEMPORARY_CLONE = '1'
    & node (Join-Path $clone 'scripts/install.mjs') @Options
    $script:InstallExit = $LASTEXITCODE
  } finally {
    $env:ASK_CODEX_TEMPORARY_CLONE = $null
    $env:GIT_TERMINAL_PROMPT = $prompt
    Remove-Item -Recurse -Force -ErrorAction SilentlyContinue $clone
  }
}

$script:InstallExit = 0
if (Test-Node) {
  if ($PSScriptRoot -and (Test-Path (Join-Path $PSScriptRoot 'scripts/install.mjs'))) {
    & node (Join-Path $PSScriptRoot 'scripts/install.mjs') @args
    $script:InstallExit = $LASTEXITCODE
  } else {
    Install-FromRepository $args
  }
}
# Under `irm | iex` an exit would close the user's window.
if ($PSCommandPath) { exit $script:InstallExit }
