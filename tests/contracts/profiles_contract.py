"""What the port `SingleProfiles` promises."""

from __future__ import annotations

from typing import Protocol

import pytest

from upa_core.domain.errors import (
    AccessDeniedError,
    InvalidValueError,
    ThrottledError,
    UnansweredError,
    UnavailableError,
)
from upa_core.domain.individual.answer import Fault, Profile
from upa_core.ports.single_profiles import SingleProfiles

ZOE, YAN, NOBODY = (f"i:0#.f|membership|{name}@contoso.com" for name in ("zoe", "o'neil&co", "nobody"))


class ProfilesWorld(Protocol):
    """The profile service; zoe and o'neil&co have profiles, with Desk and Floor (texts) and Teams (a list)."""

    profiles: SingleProfiles
    zoe: str
    """Object ids."""
    yan: str

    def swap(self) -> None:
        """Give zoe's user principal name to o'neil&co."""

    def make_uneditable(self) -> None:
        """Let the app set only what users may edit themselves: of the properties, Floor."""

    def lose(self) -> None:
        """Let the answer of the next request be lost after its effect."""

    def throttle(self, seconds: int) -> None:
        """Let the next request be refused for some time."""

    def fail(self) -> None:
        """Let requests fail until further notice."""

    def deny(self) -> None:
        """Take our rights away."""


class ProfilesContract:
    """Subclass it with a fixture `world`."""

    def test_read(self, world: ProfilesWorld) -> None:
        """Everybody asked for is answered with object id and the named properties; who has no profile is None."""
        found = world.profiles.read({ZOE: ["Desk"], YAN: ["Desk", "Teams"], NOBODY: ["Desk"]})

        assert list(found) == [ZOE, YAN, NOBODY]
        assert found == {
            ZOE: Profile(world.zoe, {"Desk": ""}),
            YAN: Profile(world.yan, {"Desk": "", "Teams": ""}),
            NOBODY: None,
        }

    def test_many_people(self, world: ProfilesWorld) -> None:
        """More people than a request takes are read all the same, each by their own properties."""
        wanted = {f"i:0#.f|membership|u{n}@contoso.com": ["Desk"] for n in range(45)} | {ZOE: ["Floor"]}
        found = world.profiles.read(wanted)

        assert list(found) == list(wanted)
        assert {account for account, one in found.items() if one is not None} == {ZOE}

    def test_hosts(self, world: ProfilesWorld) -> None:
        """With hosts the person's own site is told."""
        found = world.profiles.read({ZOE: ["Desk"]}, hosts=True)[ZOE]

        assert isinstance(found, Profile)
        assert found.site_host == "https://contoso-my.sharepoint.com:443/"

    def test_write_and_read_back(self, world: ProfilesWorld) -> None:
        """Texts with any sign, lists with commas, and what was there before come back in the same request."""
        world.profiles.write(ZOE, {"Floor": "7"}, [])
        text = "a\"b'c <&> ]]> 日本 😀"
        written = world.profiles.write(ZOE, {"Desk": text, "Teams": ("one", "two, three")}, ["Desk", "Teams", "Floor"])

        assert written.sets == {"Desk": None, "Teams": None}
        assert written.before == Profile(world.zoe, {"Desk": "", "Teams": "", "Floor": "7"})
        assert written.after == Profile(world.zoe, {"Desk": text, "Teams": "one|two, three", "Floor": "7"})
        assert world.profiles.read({YAN: ["Desk"]})[YAN] == Profile(world.yan, {"Desk": ""})

    @pytest.mark.parametrize(("desk", "teams"), [("", ()), (None, None)])
    def test_clear(self, world: ProfilesWorld, desk: str | None, teams: tuple[str, ...] | None) -> None:
        """An empty text, an empty list and null leave a text and a list empty."""
        world.profiles.write(ZOE, {"Desk": "1", "Teams": ("a",)}, [])
        written = world.profiles.write(ZOE, {"Desk": desk, "Teams": teams or ()}, ["Desk", "Teams"])

        assert written.after == Profile(world.zoe, {"Desk": "", "Teams": ""})

    def test_the_same_again(self, world: ProfilesWorld) -> None:
        """Repeating a write changes nothing."""
        first = world.profiles.write(ZOE, {"Desk": "1"}, ["Desk"])

        again = world.profiles.write(ZOE, {"Desk": "1"}, ["Desk"])

        assert (again.sets, again.after, again.before) == (first.sets, first.after, first.after)

    def test_each_set_for_itself(self, world: ProfilesWorld) -> None:
        """A property that is refused is told by its own code; the others are set, before and behind it."""
        world.make_uneditable()
        written = world.profiles.write(ZOE, {"Desk": "1", "Floor": "2", "Teams": ("a",)}, ["Desk", "Floor", "Teams"])
        refused = Fault("refused", "PropertyNotEditableException")

        assert written.sets == {"Desk": refused, "Floor": None, "Teams": refused}
        assert written.after == Profile(world.zoe, {"Desk": "", "Floor": "2", "Teams": ""})

    def test_nobody(self, world: ProfilesWorld) -> None:
        """A set doesn't make a profile: it is refused, and the read-back finds nobody."""
        written = world.profiles.write(NOBODY, {"Desk": "1"}, ["Desk"])

        assert written.sets["Desk"] == Fault("refused", "UserNotFoundException")
        assert written.after is None

    def test_a_name_given_to_somebody_else(self, world: ProfilesWorld) -> None:
        """An account name leads to whoever has it now; the object id tells, before and after a write."""
        world.swap()
        before = world.profiles.read({ZOE: ["Desk"]})[ZOE]
        after = world.profiles.write(ZOE, {"Desk": "1"}, ["Desk"]).after

        assert (before, after) == (Profile(world.yan, {"Desk": ""}), Profile(world.yan, {"Desk": "1"}))

    def test_any_case(self, world: ProfilesWorld) -> None:
        """Letter case in an account name doesn't matter; the answer bears the name that was asked for."""
        assert list(world.profiles.read({ZOE.upper(): []}).items()) == [(ZOE.upper(), Profile(world.zoe, {}))]

    @pytest.mark.parametrize("account", ["", "i:0#.f|membership|", "zoe@contoso.com"])
    def test_no_account(self, world: ProfilesWorld, account: str) -> None:
        """An empty account name, which some services take for the caller, is never sent."""
        with pytest.raises(InvalidValueError, match="account"):
            world.profiles.read({account: ["Desk"]})
        with pytest.raises(InvalidValueError, match="account"):
            world.profiles.write(account, {"Desk": "1"}, ["Desk"])

    def test_what_cannot_be_sent(self, world: ProfilesWorld) -> None:
        """A text that can't travel is an error of the value, and nothing is set."""
        with pytest.raises(InvalidValueError):
            world.profiles.write(ZOE, {"Floor": "1", "Desk": "\x00"}, ["Desk"])

        assert world.profiles.read({ZOE: ["Floor"]})[ZOE] == Profile(world.zoe, {"Floor": ""})

    def test_lost_answer(self, world: ProfilesWorld) -> None:
        """A write without an answer is unanswered, was made once, and may have had its effect."""
        world.lose()
        with pytest.raises(UnansweredError):
            world.profiles.write(ZOE, {"Desk": "1"}, ["Desk"])

        assert world.profiles.read({ZOE: ["Desk"]})[ZOE] == Profile(world.zoe, {"Desk": "1"})

    def test_throttled(self, world: ProfilesWorld) -> None:
        """A pause that the service asks for comes out at once, with its length; nothing is repeated or set."""
        profiles = world.profiles
        for call in (lambda: profiles.read({ZOE: ["Desk"]}), lambda: profiles.write(ZOE, {"Desk": "1"}, [])):
            world.throttle(37)
            with pytest.raises(ThrottledError) as caught:
                call()
            assert caught.value.retry_after == 37

    def test_failing_service(self, world: ProfilesWorld) -> None:
        """A service that fails is to be asked later; of a write nobody knows."""
        world.fail()
        with pytest.raises(UnavailableError):
            world.profiles.read({ZOE: ["Desk"]})
        with pytest.raises((UnavailableError, UnansweredError)):
            world.profiles.write(ZOE, {"Desk": "1"}, [])

    def test_missing_rights(self, world: ProfilesWorld) -> None:
        """Without rights both say so: as a whole, or of each person and property."""
        world.deny()
        try:
            found = world.profiles.read({ZOE: ["Desk"]})[ZOE]
            written = world.profiles.write(ZOE, {"Desk": "1"}, ["Desk"]).sets["Desk"]
        except AccessDeniedError:
            return
        assert isinstance(found, Fault)
        assert isinstance(written, Fault)
        assert (found.kind, written.kind) == ("denied", "denied")
