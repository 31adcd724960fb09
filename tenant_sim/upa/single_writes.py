"""PeopleManager's rules for reads and sets, without their wire form: rights, types, lengths, terms, privacy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tenant_sim.upa.accounts import Accounts
from tenant_sim.upa.profiles import Profiles
from tenant_sim.upa.schema import Property
from tenant_sim.upa.single_values import FORMAT_ERROR, MISSING_PROPERTY, PREFIX, SetError, converted, shown_in

NOT_EDITABLE = SetError(
    f"{PREFIX}PropertyNotEditableException",
    "Property Not Editable: This property can only be modified by an administrator.",
)
NOT_YOURS = SetError(
    f"{PREFIX}UserProfileException",
    "This operation requires you to be managing your own data or have administrator privileges.",
)
NO_USER = SetError(
    f"{PREFIX}UserNotFoundException",
    "User Profile Error 1000: User Not Found: Could not load profile data from the database.",
)
NO_TERM_RIGHTS = SetError(
    "System.UnauthorizedAccessException", "The current user's permissions are insufficient.", -2147024891
)
CLOSED = SetError("Microsoft.SharePoint.Taxonomy.TermStoreOperationException", "The term set is closed.")


@dataclass
class Rules:
    """Who may write what, and the form of what is read.

    Reports go both ways [SP-127].
    ASSUMED [SP-116]: how an app is seen (`app_writes`), and the type of the refusal "managing your own data".
    ASSUMED [SP-117]: new terms are made in an open set by an app with the role; without it existing ones may be used.
    """

    app_writes: str = "all"
    """none, editable_only (an app isn't an administrator of profiles), all."""
    term_rights: str = "by_role"
    """by_role (TermStore.ReadWrite.All, or nothing with terms), none, existing, all."""
    clears: str = "empty"
    """What empties a date, integer or boolean: empty, null, or neither."""
    date_locale: str = "en-US"
    """The caller's regional settings: dates are shown so."""
    shows_private: bool = False
    """Whether values that only their owner sees are shown to an app."""


@dataclass
class SingleWrites:
    """Reads and sets of single profiles.

    `on_read` and `on_set` are called with the account after a read and before a set: a test changes something there.
    """

    profiles: Profiles
    accounts: Accounts
    now: Callable[[], float]
    rules: Rules = field(default_factory=Rules)
    terms: dict[str, dict[str, str]] = field(default_factory=dict)
    """Labels of a taxonomic property's set, by their folded form."""
    closed: set[str] = field(default_factory=set)
    """Taxonomic properties whose set takes no new terms."""
    private: set[tuple[int, str]] = field(default_factory=set)
    """Values that only their owner sees, by slot and property."""
    refused: set[int] = field(default_factory=set)
    """People of whom every set is refused, whatever it is."""
    on_read: Callable[[str], None] = lambda _account: None
    on_set: Callable[[str], None] = lambda _account: None

    def add_terms(self, name: str, *labels: str) -> None:
        """Put terms into a property's set."""
        self.terms.setdefault(name, {}).update({label.casefold(): label for label in labels})

    def slot(self, account: object) -> int | None:
        """Return the slot of an account name's owner, None where there is none."""
        slot = self.accounts.slot(account)
        return slot if slot is not None and self.profiles.has(slot) else None

    def read(self, slot: int, geo: str = "") -> dict[str, str]:
        """Return every property with its shown value, empty ones too [SP-62].

        ASSUMED [SP-121]: what only its owner sees reads empty.
        """
        profiles, hidden = self.profiles, set[str]()
        if not self.rules.shows_private:
            hidden = {name for owner, name in self.private if owner == slot}
        values = {**profiles.values(slot, geo), **profiles.synced(slot), "AccountName": self.accounts.name(slot)}
        return {
            name: "" if name in hidden else shown_in(self.rules.date_locale, prop, values.get(name, ""))
            for name, prop in profiles.properties.items()
        }

    def some(self, account: Any, names: Sequence[Any], geo: str = "") -> list[str] | None:
        """Read named properties in their order; None without a profile.

        ASSUMED [SP-120]: a property that doesn't exist reads as an empty text.
        """
        slot = self.slot(account)
        values = None if slot is None else self.read(slot, geo)
        self.on_read(str(account))
        if values is None:
            return None
        found = [self.profiles.property(str(name)) for name in names]
        return ["" if prop is None else values[prop.name] for prop in found]

    def set_single(self, account: Any, name: Any, value: Any, *, may_write_terms: bool, geo: str = "") -> None:
        """Set a property to a text, or to null."""
        slot, prop = self._admit(account, name)
        if prop.taxonomic:
            labels = self._labels(prop, [] if value in (None, "") else [str(value)], may_write_terms)
            self._put(slot, prop, "|".join(labels), geo)
        elif prop.multi_value:
            self._put(slot, prop, "" if value is None else str(value), geo)
        else:
            self._put(slot, prop, self._converted(prop, value), geo)

    def set_multi(self, account: Any, name: Any, values: Any, *, may_write_terms: bool, geo: str = "") -> None:
        """Set a property to a list of texts; an empty list and null clear it.

        ASSUMED [SP-91]: a single-valued property refuses a list.
        """
        slot, prop = self._admit(account, name)
        if not prop.multi_value:
            raise SetError(FORMAT_ERROR, f"Property '{prop.name}' is not multi-valued.")
        if values is not None and not isinstance(values, list):
            raise SetError(FORMAT_ERROR, f"Property '{prop.name}' takes a list.")
        texts = [str(value) for value in values or []]
        if prop.taxonomic:
            texts = self._labels(prop, texts, may_write_terms)
        self._put(slot, prop, "|".join(converted(prop, text, self.rules.clears) for text in texts), geo)

    def _admit(self, account: Any, name: Any) -> tuple[int, Property]:
        self.on_set(str(account))
        slot, prop = self.slot(account), self.profiles.property(str(name))
        if self.rules.app_writes == "none":
            raise NOT_YOURS
        if slot is None:
            raise NO_USER
        if slot in self.refused:
            raise SetError(FORMAT_ERROR, "Ordered by the test.")
        if prop is None:
            raise SetError(MISSING_PROPERTY, f"Property Not Found: The property {name} does not exist.")
        if self.rules.app_writes == "editable_only" and not prop.editable:
            raise NOT_EDITABLE
        return slot, prop

    def _labels(self, prop: Property, texts: list[str], may_write_terms: bool) -> list[str]:
        rights = self.rules.term_rights
        if rights == "none" or (rights == "by_role" and not may_write_terms):
            raise NO_TERM_RIGHTS
        # ASSUMED [SP-134]: labels that are set through a profile are normalised as those of the term store are.
        texts = [" ".join(text.replace("&", "\uff06").split()) for text in texts]
        known = self.terms.setdefault(prop.name, {})
        new = [text for text in texts if text.casefold() not in known]
        if new and rights == "existing":
            raise NO_TERM_RIGHTS
        if new and prop.name in self.closed:
            raise CLOSED
        self.add_terms(prop.name, *new)
        return [known[text.casefold()] for text in texts]

    def _converted(self, prop: Property, value: Any) -> str:
        if prop.type == "person" and value not in (None, "") and self.slot(value) is None:
            # ASSUMED [SP-122]: a name that nobody has is refused as an unknown user.
            raise NO_USER
        return converted(prop, None if value is None else str(value), self.rules.clears)

    def _put(self, slot: int, prop: Property, text: str, geo: str) -> None:
        self.profiles.write_single(slot, prop, text, self.now(), geo)
