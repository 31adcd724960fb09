"""`upa init --from-pnp`: the line that an administrator runs today becomes a connector file that says what changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from upa_cli.main import command_line
from upa_cli.pnp.cmdlet import read
from upa_cli.pnp.powershell import parse
from upa_cli.pnp.tokens import PowerShellError
from upa_cli.shell import exits
from upa_core.config import load_config

GROUP = "5f05e38c-bd0e-49ec-8c9c-c4cfe370248c"
SYNC = "Sync-PnPSharePointUserProfilesFromAzureActiveDirectory -UserProfilePropertyMapping"
SCRIPT = """\
# nightly
Connect-PnPOnline -Url https://contoso.sharepoint.com/sites/hr -ClientId 11111111-2222-3333-4444-555555555555 `
  -Tenant contoso.onmicrosoft.com -CertificatePath ./pnp.pfx -CertificatePassword $secret
$users = Get-PnPAzureADUser -Filter "jobTitle eq 'IT Administrator' and accountEnabled eq true"
Sync-PnPSharePointUserProfilesFromAzureActiveDirectory -UserProfilePropertyMapping @{
  "HomePhone"="phone"; "Alias"="DisplayName"   # one attribute, two properties
  'Alias2' = "DisplayName"
  Badge = "ext_123456"
  "CostCenter"="extension_b0b5aaa58a0a4287acd826c5b8330e48_CostCenter"
  "Department"="department"
} -Users $users -Folder "User Profile Sync\\Jobs" -IdType PrincipalName -Wait
"""


def init(folder: Path, text: str, *options: str) -> Any:
    """Run `upa init` with the text on standard input."""
    arguments = ["init", str(folder / "upa.yaml"), "--from-pnp", "-", *options]
    return CliRunner().invoke(command_line(), arguments, input=text, env={"NO_COLOR": "1"})


def test_a_whole_script_becomes_a_connector_file(tmp_path: Path) -> None:
    """Site, tenant, certificate, scope, folder and mappings are taken over; nothing else has to be given."""
    done = init(tmp_path, SCRIPT)
    connector = load_config(tmp_path / "upa.yaml", {}).connectors[0]
    sources = {mapping.target: mapping.inputs for mapping in connector.mappings}

    assert done.exit_code == exits.OK
    assert list(sources) == ["HomePhone", "Alias", "Alias2", "CostCenter"]
    assert sources["Alias"] == sources["Alias2"] == ("displayName",)
    assert sources["HomePhone"] == ("businessPhones",)
    assert connector.target.site_url == "https://contoso.sharepoint.com/sites/hr"
    assert connector.target.folder == "/sites/hr/User Profile Sync/Jobs"
    assert connector.source.tenant_id == "contoso.onmicrosoft.com"
    assert [str(clause) for clause in connector.scope.groups[0]] == [
        "jobTitle EQUALS IT Administrator",
        "accountEnabled IS TRUE",
    ]
    assert connector.staging


@pytest.mark.parametrize(
    "told",
    [
        "HomePhone is Join of businessPhones (phone): it is a list",
        "DisplayName is displayName: this is Graph's spelling",
        "Badge from ext_123456 is left out: ext_123456 isn't the full name of a directory extension",
        "Department from department is left out: SharePoint fills it by itself",
        "-Users became the scope jobTitle EQUALS IT Administrator and accountEnabled IS TRUE",
        "the folder is 'User Profile Sync/Jobs'",
        "-IdType (PrincipalName) is gone: people are named by their object id (CloudId) alone",
        "an empty attribute leaves the property as it is: PnP sends an empty text",
        "-Wait is gone",
        "a password or secret in the text wasn't kept",
    ],
)
def test_each_change_is_told_with_its_reason_and_stands_in_the_file(tmp_path: Path, told: str) -> None:
    """Nothing is changed in silence, and whoever opens the file later reads it there."""
    done = init(tmp_path, SCRIPT)

    assert told in done.output
    assert told in (tmp_path / "upa.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ('@{"HomePhone"="phone";"CustomProperty"="DisplayName"}', ["HomePhone", "CustomProperty"]),
        ("@{ A = 'city'\n B = 'country' }", ["A", "B"]),
        ("$map = [ordered]@{ A = 'city' }\n" + SYNC + " $map -WhatIf", ["A"]),
        (
            "$all = @{ UserProfilePropertyMapping = @{ A = 'city' }; Folder = 'X' }\n"
            + SYNC.split(maxsplit=1)[0]
            + " @all",
            ["A"],
        ),
        (SYNC + " @{“A”=“city”}", ["A"]),
        ("$d = Get-PnPAzureADUser -Delta -DeltaToken $t\n" + SYNC + " @{A='mail'} -Users $d.Users", ["A"]),
        ("PS C:\\> " + SYNC + " @{\n>> A = 'city'\n>> }", ["A"]),
        ("```powershell\n" + SYNC + " @{A='city'}\n```", ["A"]),
        (SYNC + " @{&quot;A&quot;=&quot;city&quot;}", ["A"]),
        ("\ufeff" + SYNC + ' @{"A"\u200b="city"}', ["A"]),
        (SYNC + "\n@{A='city'}\n  -Folder Imports", ["A"]),
        ("-UserProfilePropertyMapping @{A='city'} -Folder Imports", ["A"]),
        ("& PnP.PowerShell\\" + SYNC + " @{A='city'}", ["A"]),
        (SYNC.split(maxsplit=1)[0] + " @{A='city'}", ["A"]),
        ("$m = @{}\n$m['A'] = 'city'\n$m.B = 'country'\n$m.Add('C', 'mail')\n" + SYNC + " $m", ["A", "B", "C"]),
        ("$m = @{A='city'}\n$m += @{B='country'}\n" + SYNC + " $m", ["A", "B"]),
        ("$script:m = @{A='city'}\n" + SYNC + " $m", ["A"]),
        ("function Go {\n try {\n  " + SYNC + " @{A='city'}\n } catch { exit 1 }\n}\nGo", ["A"]),
        ('$t = @\'\nit\'s\n\'@\nWrite-Host "at $(Get-Date -Format "yyyy")"\n' + SYNC + " @{A='city'}", ["A"]),
        ("Get-X | Select-Object @{n='a';e={$_.b}} | Export-Csv x\n" + SYNC + " @{A='city'}", ["A"]),
    ],
)
def test_forms_that_people_paste(text: str, targets: list[str]) -> None:
    """A hashtable alone or filled bit by bit, prompts, web pages, lost backticks, blocks, or with a delta."""
    assert [target for target, _ in read(text).mapping] == targets


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no Sync-PnPSharePointUserProfilesFromAzureActiveDirectory and no hashtable"),
        ('@{"A"="city"', "the hashtable @{ isn't closed"),
        ('@{"A"="city}', "a text in quotes isn't closed"),
        ("@{A='city';a='mail'}", "there twice"),
        ("@{}", "the mapping is empty"),
        (SYNC + " $map", "$map, whose value isn't in the text"),
        (SYNC + " @{A=$x}", "'A' is mapped from $x, whose value isn't in the text"),
        ("New-PnPUPABulkImportJob -UserProfilePropertyMapping @{A='b'} -Path u.json", "imports a file of yours"),
        ("@{" * 20, "a key is expected"),
        ("x " * 200_000, "longer than 256 KB"),
        (SYNC + " @{A='city'}\n" + SYNC + " @{B='mail'}", "several mappings, at lines 1 and 2"),
        ("@{A='city'}\n@{B='mail'}", "several mappings, at lines 1 and 2"),
        (SYNC + " @{A='city','B'='mail'}", "; or a new line stands between two pairs"),
        ('{"A":"city"}', "a hashtable begins with @{"),
        (SYNC.replace("Profiles", "Profile") + " @{A='city'}", "isn't the cmdlet's name: it is Sync-PnP"),
        ('powershell -Command "' + SYNC + " @{'A'='city'}\"", "stands in a comment or in a text in quotes"),
        ("if ($x) {$m = @{A='city'}} else {$m = @{B='mail'}}\n" + SYNC + " $m", "$m, which line 1 changes in a way"),
        ("$m = @{A='city'}\nif ($x) {$m['B'] = 'mail'}\n" + SYNC + " $m", "$m, which line 2 changes in a way"),
        ("$m = @{A='city';B='mail'}\n$m.Remove('B')\n" + SYNC + " $m", "$m, which line 2 changes in a way"),
        (SYNC + " @{A='city'} -Folder ('x' + $y)", "-Folder is computed when the script runs"),
        (SYNC + ' @{A="city"} -Folder "$lib/upa"', "-Folder is $lib, whose value isn't in the text"),
        ('"' + '$("' * 300 + "\n", "texts are nested more than 8 deep"),
        ("a " + "-x (a " * 3000, "( isn't closed"),
    ],
)
def test_what_cannot_be_understood_is_one_sentence(text: str, told: str) -> None:
    """It names the line and what to do; nothing is guessed."""
    with pytest.raises(PowerShellError) as caught:
        read(text)
    assert told in str(caught.value)


def test_a_text_in_double_quotes_names_what_its_variables_hold() -> None:
    """`"$lib/upa"` is a folder below what `$lib` was filled with, never a folder of that name."""
    made = read(
        '$t = "contoso"\n$lib = "Imports"\nConnect-PnPOnline "https://$t.sharepoint.com/sites/$($x)" -Tenant "$t.com"\n'
        + SYNC
        + ' @{A="extensionAttribute$n"; B="city"} -Folder "$lib/upa"'.replace("$n", "1")
    )

    assert (made.url, made.tenant, made.folder) == ("", "contoso.com", "Imports/upa")
    assert made.mapping == [("A", "extensionAttribute1"), ("B", "city")]


def test_only_a_connection_before_the_command_is_its_own() -> None:
    """A script that goes on to another tenant doesn't move the connector there."""
    made = read(f"Connect-PnPOnline https://a.example\n{SYNC} @{{A='city'}}\nConnect-PnPOnline https://b.example")

    assert made.url == "https://a.example"


def test_one_of_two_connections_by_a_condition_is_refused() -> None:
    """Nobody can say to which tenant the script goes; the same connection twice, or one alone, is no question."""
    first, second = "Connect-PnPOnline https://a.example", "Connect-PnPOnline https://b.example"
    command = f"{SYNC} @{{A='city'}}"
    for text in (f"if ($x) {{ {first} }} else {{ {second} }}", f"{first}\nif ($x) {{ {second} }}"):
        with pytest.raises(PowerShellError, match=r"line \d: which Connect-PnPOnline runs depends on a condition"):
            read(f"{text}\n{command}")

    assert read(f"if ($x) {{ {first} }} else {{ {first} }}\n{command}").url == "https://a.example"
    assert read(f"try {{ {first} }} catch {{ exit }}\n{command}").url == "https://a.example"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("$u = Get-PnPAzureADUser -Filter 'F'\n" + SYNC + " @{A='city'} -Users $u", "F"),
        (SYNC + " @{A='city'} -Users (Get-PnPAzureADUser -Filter 'F')", "F"),
        ("Get-PnPAzureADUser -Filter 'F' | " + SYNC + " @{A='city'}", "F"),
        ("$u = Get-PnPAzureADUser -Filter 'F' | Where-Object { $_.a }\n" + SYNC + " @{A='city'} -Users $u", ""),
        (SYNC + " @{A='city'} -Users (Get-PnPAzureADUser -Filter 'F' | Select-Object -First 5)", ""),
        ("Get-PnPAzureADUser -Filter 'F' | Where-Object { $_.a } | " + SYNC + " @{A='city'}", ""),
    ],
)
def test_a_filter_counts_unless_another_command_chooses_from_it(text: str, wanted: str) -> None:
    """Half of a choice would be a wider scope than the script's; that somebody was chosen is never forgotten."""
    made = read(text)

    assert made.users_filter == wanted
    assert made.users


@pytest.mark.parametrize(("given", "told"), [("", False), (":$true", True), (":$false", False)])
def test_a_switch_that_is_off_is_not_told(given: str, told: bool) -> None:
    """`-Wait:$false` isn't `-Wait`."""
    made = read(SYNC + " @{A='city'} -ErrorAction Stop" + (f" -Wait{given} -WhatIf{given}" if given else ""))

    assert (made.waits, made.what_if) == (told, told)
    assert made.unknown == ()


def test_deep_nesting_is_refused_without_a_stack_trace() -> None:
    """Whatever is pasted ends in a sentence."""
    with pytest.raises(PowerShellError, match="nested more than 8 deep"):
        parse("@{a=" * 400)


def test_a_command_of_which_nothing_can_be_kept_writes_no_file(tmp_path: Path) -> None:
    """Each mapping is named with its reason."""
    text = SYNC + " @{Department='department';Badge='ext_123456'}"
    done = init(tmp_path, text, "--tenant", "contoso.com", "--sharepoint", "contoso")

    assert done.exit_code == exits.USAGE
    assert "Department from department: SharePoint fills it" in done.output
    assert "Badge from ext_123456" in done.output
    assert not (tmp_path / "upa.yaml").exists()


def test_an_extension_is_named_by_its_owner(tmp_path: Path) -> None:
    """With --extension-app, ext_Name is that application's extension."""
    app = "b0b5aaa5-8a0a-4287-acd8-26c5b8330e48"
    options = ("--tenant", "contoso.com", "--sharepoint", "contoso", "--extension-app", app)
    init(tmp_path, "@{Badge='ext_123456'}", *options)
    connector = load_config(tmp_path / "upa.yaml", {}).connectors[0]

    assert connector.mappings[0].inputs == ("extension_b0b5aaa58a0a4287acd826c5b8330e48_123456",)


def test_users_that_the_text_does_not_name_are_told(tmp_path: Path) -> None:
    """Otherwise everybody would take part without a word."""
    text = SYNC + " @{A='city'} -Users $some"
    done = init(tmp_path, text, "--tenant", "contoso.com", "--sharepoint", "contoso")

    assert "-Users $some is left out: the text doesn't say who is in it" in done.output
    assert "everybody takes part until you write a scope" in done.output


@pytest.mark.parametrize(
    ("fills", "hint"),
    [
        (f"Get-PnPAzureADGroupMember -Identity {GROUP}", f"{{as: pilot, kind: group, group: {GROUP}}}"),
        ("Get-PnPEntraIDGroupMember -Identity 'Pilot'", "{as: pilot, kind: group, group: OBJECT-ID}"),
        ("Import-Csv people.csv", "{as: pilot, kind: names, at: PATH}"),
    ],
)
def test_users_of_a_group_or_a_list_are_told_as_a_source(tmp_path: Path, fills: str, hint: str) -> None:
    """The hint is what to write under `with`; nothing is guessed into the file's scope."""
    text = f"$some = {fills}\n" + SYNC + " @{A='city'} -Users $some"
    done = init(tmp_path, text, "--tenant", "contoso.com", "--sharepoint", "contoso")

    assert hint in " ".join(done.output.split())
    assert load_config(tmp_path / "upa.yaml", {}).connectors[0].scope.groups == ()


def test_a_filter_that_has_no_clause_is_told(tmp_path: Path) -> None:
    """A filter is taken over whole or not at all."""
    text = "$u = Get-PnPAzureADUser -Filter \"jobTitle ne 'Intern'\"\n" + SYNC + " @{A='city'} -Users $u"
    done = init(tmp_path, text, "--tenant", "contoso.com", "--sharepoint", "contoso")

    assert "a part of it can't be written as clauses" in done.output
    assert load_config(tmp_path / "upa.yaml", {}).connectors[0].scope.groups == ()


def test_no_secret_of_the_text_reaches_the_file_or_the_screen(tmp_path: Path) -> None:
    """A password that was typed into the script stays there."""
    done = init(tmp_path, SCRIPT.replace("$secret", "'Hunter2-geheim'"))

    assert done.exit_code == exits.OK
    assert "Hunter2" not in done.output + (tmp_path / "upa.yaml").read_text(encoding="utf-8")
