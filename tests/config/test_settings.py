"""Settings from the environment: where state lies, and that no error repeats what may hold a secret."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from upa_core.bootstrap import build
from upa_core.config.settings import KNOWN, read_settings
from upa_core.domain.errors import ConfigError

KEY = "c2VjcmV0LWtleS1vZi1zb21lYm9keQ=="
SECRETS = {
    "connection string": f"DefaultEndpointsProtocol=https;AccountName=contoso;AccountKey={KEY}",
    "shared access signature": f"BlobEndpoint=https://contoso.blob.example;SharedAccessSignature=sv=1&sig={KEY}",
    "address with a signature": f"http://contoso.blob.example/upa?sig={KEY}",
    "signature on a bare account": f"https://contoso.blob.example?sig={KEY}",
    "address with a password": f"ftp://admin:{KEY}@contoso.example/upa",
    "key alone": KEY,
    "broken connection string": f"AccountKey={KEY}",
    "container with a password": f"https://admin:{KEY}@contoso.blob.example/upa",
    "folder of a key": f"folder={KEY}",
}
LOCAL = {"UPA_STATE": "folder:.state"}


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("setting", sorted(set(KNOWN) - {"UPA_CONFIG"}))  # a path: an error has to name it
def test_no_setting_is_repeated_in_an_error(setting: str, kind: str, tmp_path: Path) -> None:
    """Whatever stands in a setting by mistake, the error and its whole chain hold nothing of it."""
    environ = {"UPA_STATE": f"folder:{tmp_path}", "UPA_CONFIG": str(tmp_path / "none.yaml"), setting: SECRETS[kind]}
    if setting.startswith("AzureWebJobsStorage"):
        del environ["UPA_STATE"]
    with pytest.raises(ConfigError) as told:
        build(environ)

    assert KEY not in "".join(traceback.format_exception(told.value))


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (
            SECRETS["connection string"],
            "UPA_STATE is a connection string, which isn't allowed here because it holds a key",
        ),
        (SECRETS["address with a signature"], "UPA_STATE is an address of http, not of https"),
        (SECRETS["key alone"], "UPA_STATE is neither a folder nor an address"),
        ("https://contoso.blob.core.windows.net", "UPA_STATE is an address of https without a container"),
        ("https://contoso.blob.core.windows.net/upa?sig=x", "UPA_STATE is an address with a query"),
        (f"https://admin:{KEY}@contoso.blob.core.windows.net/upa", "UPA_STATE is an address with a user name"),
    ],
)
def test_a_place_for_state_that_isnt_one_is_named_by_its_kind(place: str, said: str) -> None:
    """The error says what kind of text stands there, and what to write instead."""
    with pytest.raises(ConfigError, match=r"; write folder:<path> or https://") as told:
        read_settings({"UPA_STATE": place})

    assert str(told.value).startswith(said)


def test_state_in_a_folder_that_is_a_file_is_an_error_of_the_setting(tmp_path: Path) -> None:
    """A file where the folder should be is said in plain words, not as a defect of ours."""
    (tmp_path / "state").write_text("")
    with pytest.raises(ConfigError, match="UPA_STATE names a file where a folder is needed"):
        build({"UPA_STATE": f"folder:{tmp_path / 'state'}"})


def test_a_folder_and_a_container_are_places(tmp_path: Path) -> None:
    """The two forms that the errors advise are accepted."""
    folder = read_settings({"UPA_STATE": f"folder:{tmp_path}"}).state
    container = read_settings({"UPA_STATE": "https://contoso.blob.core.windows.net/upa/"}).state

    assert folder.folder == str(tmp_path)
    assert container.container_url == "https://contoso.blob.core.windows.net/upa"


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("file/below", "names a file where a folder is needed"),
        ("file/far/below", "names a file where a folder is needed"),
        ("a\nb", "names a file where a folder is needed"),
        ("~/state", "begins with ~"),
        ("x" * 300, "names a folder that can't be"),
        ("new/" + "x" * 300, "names a folder that can't be"),
        ("a\0b", "names a folder that can't be"),
    ],
)
def test_a_path_that_cant_be_a_folder_is_an_error_of_the_setting(
    folder: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said before the first write, in plain words, and makes no folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=f"UPA_STATE {said}"):
        build({"UPA_STATE": f"folder:{folder}", "UPA_CONFIG": "none.yaml"})

    assert [one.name for one in tmp_path.iterdir()] == ["file"]
