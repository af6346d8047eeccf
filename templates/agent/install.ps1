# Makes this machine a host of {{ portal }}: installs the Pierhead agent, enrols it, installs its service.
# In PowerShell as administrator:
#
#   & ([scriptblock]::Create((irm {{ portal }}/agent/install.ps1))) -Token TOKEN
#
# Everything that is installed is checked against the SHA-256 sums in this script and in the list it names.
param(
    [Parameter(Mandatory = $true)][string]$Token,
    [string]$Ca = "",
    [string]$Engine = "",
    [string]$Name = "",
    [string]$Prefix = "$env:ProgramFiles\PierheadAgent",
    [string]$StateDir = "$env:ProgramData\Pierhead\agent",
    [string]$Python = "",
    [switch]$NoService
)
$ErrorActionPreference = "Stop"
$ProgressPreference = "SilentlyContinue"
$Portal = {{ portal_powershell }}
$ListSha256 = "{{ list_sha256 }}"
[Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor 3072

function Fail([string]$What, [string]$Remedy = "") {
    throw ("The agent is not installed: $What $Remedy").Trim()
}

function Find-Python {
    # Windows PowerShell 5.1 makes an error of every line that a program writes to a redirected error stream.
    $ErrorActionPreference = "Continue"
    $commands = @("py", "python3", "python")
    if ($Python) { $commands = @($Python) }
    foreach ($command in $commands) {
        $program = Get-Command $command -ErrorAction SilentlyContinue | Select-Object -First 1
        if (-not $program) { continue }
        $found = @($program.Source)
        if ($command -eq "py") { $found += "-3" }
        $more = @($found | Select-Object -Skip 1)
        & $found[0] @more -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>$null
        if ($LASTEXITCODE -eq 0) { return , $found }
    }
    Fail "Python 3.11 or newer is needed." "Install it from python.org for all users, or name one with -Python."
}

$admin = ([Security.Principal.WindowsPrincipal][Security.Principal.WindowsIdentity]::GetCurrent()).IsInRole(
    [Security.Principal.WindowsBuiltInRole]::Administrator)
if (-not $NoService -and -not $admin) { Fail "only an administrator may install a service." "Start PowerShell as administrator." }
if ($Ca -and -not (Test-Path $Ca)) { Fail "$Ca cannot be read." }

# Names of variables do not tell upper from lower case: $python would be the parameter, which holds one text.
$interpreter = Find-Python
$work = Join-Path ([IO.Path]::GetTempPath()) ("pierhead-" + [Guid]::NewGuid().ToString("N"))
New-Item -ItemType Directory -Path $work | Out-Null
try {
    $list = Join-Path $work "requirements.txt"
    Invoke-WebRequest -UseBasicParsing -Uri "$Portal/agent/requirements.txt" -OutFile $list
    if ((Get-FileHash -Algorithm SHA256 $list).Hash.ToLower() -ne $ListSha256) {
        Fail "the portal's list of files is not the one this script was made for." "Fetch the script again."
    }
    $target = Join-Path $Prefix ("versions\" + $ListSha256.Substring(0, 12))
    $agent = Join-Path $target "Scripts\engine-agent.exe"
    if (-not (Test-Path $agent)) {
        if (Test-Path $target) { Remove-Item -Recurse -Force $target }
        New-Item -ItemType Directory -Force -Path (Split-Path $target) | Out-Null
        $more = @($interpreter | Select-Object -Skip 1)
        & $interpreter[0] @more -m venv $target
        if ($LASTEXITCODE -ne 0) { Fail "python -m venv failed." }
        $pip = @("-m", "pip", "--disable-pip-version-check", "--no-input")
        if ($Ca) { $pip += @("--cert", $Ca) }
        $pip += @("install", "--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes", "--find-links", "$Portal/agent/files/", "-r", $list)
        Write-Output "Installing the agent into $target"
        & (Join-Path $target "Scripts\python.exe") @pip --no-index
        if ($LASTEXITCODE -ne 0) {
            Write-Output "The portal has not collected every file for this system; asking the usual package index."
            & (Join-Path $target "Scripts\python.exe") @pip
            if ($LASTEXITCODE -ne 0) { Fail "not every file could be had." "On the portal, run: python manage.py agent_package" }
        }
    }
    if (Test-Path (Join-Path $StateDir "agent.json")) {
        Write-Output "This machine is a host already; its key is kept."
    } else {
        $words = @("enrol", "--portal", $Portal, "--token", "-", "--state-dir", $StateDir)
        if ($Engine) { $words += @("--engine", $Engine) }
        if ($Name) { $words += @("--name", $Name) }
        if ($Ca) { $words += @("--ca", $Ca) }
        $Token | & $agent @words
        if ($LASTEXITCODE -ne 0) { Fail "it could not enrol." "Put right what is said above and run the command again; nothing has to be undone." }
    }
    if ($NoService) {
        Write-Output "Start it with: & '$agent' run --state-dir '$StateDir'"
    } else {
        & $agent service install --state-dir $StateDir
        if ($LASTEXITCODE -ne 0) { Fail "its service could not be installed." }
    }
} finally {
    Remove-Item -Recurse -Force $work
}
