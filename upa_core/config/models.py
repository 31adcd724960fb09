"""The connector file's shape. Docstrings below fields become the JSON Schema and docs/reference/configuration.md."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, TypeAdapter

from upa_core.config.fields import Duration, Line, Size, parse_percent, parse_share, whole, write_duration
from upa_core.config.models_mapping import MappingModel, Part, ScopeModel
from upa_core.config.sources.models import PrimaryModel, SecondaryModel
from upa_core.domain.drift_share import DriftShare
from upa_core.domain.health.alarms import Occasion
from upa_core.domain.objective import Objective

CURRENT_VERSION = 1

Percent = Annotated[float, BeforeValidator(parse_percent, json_schema_input_type=float | str), Field(gt=0, le=100)]


Share = Annotated[float, BeforeValidator(parse_share, json_schema_input_type=float | str), Field(gt=0, le=100)]


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


class ManagedIdentityModel(Part):
    """The function app's managed identity."""

    client_id: Line | None = None
    """Client id of a user-assigned identity; without it the system-assigned one."""


class CertificateModel(Part):
    """An app registration that proves itself by a certificate (SharePoint accepts no client secret)."""

    client_id: Line
    """Application (client) id."""
    tenant: Line | None = None
    """The tenant of the app registration; default: the connector's source tenant."""
    path: Line | None = None
    """A PEM or PFX file with certificate and private key."""
    keyvault: Line | None = None
    """A Key Vault certificate or secret by its address, https://<vault>.vault.azure.net/secrets/<name>."""


class CredentialModel(Part):
    """How to sign in: `managed_identity`, or exactly one of these."""

    managed_identity: ManagedIdentityModel | None = None
    """The function app's managed identity."""
    certificate: CertificateModel | None = None
    """An app registration with a certificate."""


Credential = Annotated[
    CredentialModel, BeforeValidator(whole, json_schema_input_type=Literal["managed_identity"] | CredentialModel)
]


class CredentialsModel(Part):
    """How to sign in to each service; references only, never secrets."""

    graph: Credential = CredentialModel(managed_identity=ManagedIdentityModel())
    """For Microsoft Graph (User.Read.All)."""
    sharepoint: Credential = CredentialModel(managed_identity=ManagedIdentityModel())
    """For SharePoint (Sites.FullControl.All, User.ReadWrite.All)."""


class EndpointsModel(Part):
    """Other hosts than the cloud's own, e.g. the tenant simulator's."""

    graph: Line | None = None
    """Root of Microsoft Graph."""
    authority: Line | None = None
    """Root of the login service."""


class DirectoryModel(Part):
    """The directory: its people have the profiles, whatever gives the values."""

    tenant: Line
    """Tenant id, or a verified domain."""
    cloud: Literal["global", "usgov", "dod", "china"] = "global"
    """The national cloud; GCC is `global`, GCC High `usgov`."""
    extension_app: Line | None = None
    """Application id that owns the directory extensions written as `ext:Name`."""
    endpoints: EndpointsModel = EndpointsModel()
    """Other hosts than the cloud's own."""


class SourceModel(PrimaryModel, DirectoryModel):
    """Where people and their values are read: the directory, or a file or query that takes part by itself."""


class TargetModel(Part):
    """The SharePoint tenant, or geo, whose profiles are written."""

    admin_url: Line
    """The admin site, https://contoso-admin.sharepoint.com: import jobs are queued here."""
    site_url: Line
    """The site that holds the document library; never the admin site."""
    folder: Line
    """The library folder for import files: `Imports`, or server-relative as `/sites/upa/Imports`."""
    renamed_from: Line | None = None
    """The admin site before SharePoint's domain was renamed: shadow and lane stay those of the tenant."""


class ThresholdModel(Part):
    """How much may change before a plan is held; `none` takes a limit away."""

    absolute: Annotated[int, Field(ge=1)] | Literal["none"] | None = None
    """Number of values in 24 hours."""
    percent: Percent | Literal["none"] | None = None
    """Percent of the people in scope, in 24 hours."""


class ThresholdsModel(Part):
    """The change threshold: a plan above it is held until somebody approves."""

    updates: ThresholdModel = ThresholdModel()
    """Changed values; default 30 percent."""
    clears: ThresholdModel = ThresholdModel()
    """Cleared values; default 50, or 5 percent."""
    source_shrank: Percent | Literal["none"] | None = None
    """Percent of the people known that a full round may leave out before it is doubted; default 20 percent."""


class RhythmModel(Part):
    """How often; the timer's tick (UPA_SCHEDULE) is the fastest."""

    every: Duration | None = None
    """Least time between two runs; default: at every tick."""
    full_round_every: Duration = timedelta(days=7)
    """Time between full rounds."""


class RetentionModel(Part):
    """How long import files and logs are kept in the archive."""

    successes: Duration = timedelta(days=30)
    """Of runs that succeeded."""
    failures: Duration = timedelta(days=90)
    """Of runs with failures."""


class LimitsModel(Part):
    """Sizes and counts that a connector stays within."""

    max_pairs: Annotated[int, Field(ge=1, le=500_000)] = 500_000
    """Name/value pairs in one import file; SharePoint's limit is 500,000."""
    max_file_size: Annotated[Size, Field(ge=64 * 1024, le=100 * 1024 * 1024)] = 64 * 1024 * 1024
    """Size of one import file, at most 100MB."""
    import_jobs_per_day: Annotated[int, Field(ge=1, le=1000)] = 24
    """Import jobs a day for the target tenant."""
    time_budget: Duration = timedelta(minutes=25)
    """How long one invocation may pull before it hands itself over; below the function timeout."""


class IndividualModel(Part):
    """How many calls of PeopleManager the individual route may make; everything in the tenant shares its limit."""

    share: Annotated[float, Field(gt=0, le=100)] = 25.0
    """Percent of the tenant's limit."""
    licences: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    """Licences of the tenant, on which the limit depends; default: the smallest tenant's limit, 3,000 calls in 5
    minutes."""
    per_hour: Annotated[int, Field(ge=20)] | None = None
    """Calls an hour at most."""
    per_day: Annotated[int, Field(ge=20)] | None = None
    """Calls a day at most."""
    one_geo: bool = False
    """The tenant has one geo (it isn't multi-geo): saves one call per person, which finds the profile's geo."""
    hours: Annotated[tuple[Annotated[int, Field(ge=0, le=23)], Annotated[int, Field(ge=0, le=23)]], Field()] | None = (
        None
    )
    """Off-peak hours in UTC, from and until, e.g. [20, 5]; default: at any time."""


class DriftModel(Part):
    """How much of the calls under `individual` goes into reading profiles back, to find what was changed by hand."""

    share: Annotated[float, Field(gt=0, le=100)] = 10.0
    """Percent of them, day by day: status shows within how many days everybody is read."""
    full_share: Annotated[float, Field(gt=0, le=100)] = 50.0
    """Percent of them while `upa drift --full` reads everybody at once."""

    def built(self) -> DriftShare:
        """Return what the use cases work with."""
        return DriftShare(self.share, self.full_share)


class FreshnessModel(Part):
    """The objective of freshness: what share of changes SharePoint should accept in what time; else an alarm."""

    share: Share = 95.0
    """Percent of the changes of the last 7 days."""
    within: Annotated[Duration, Field(ge=timedelta(minutes=15), le=timedelta(days=7))] = timedelta(hours=24)
    """From the round that first showed a change until SharePoint accepted it; 15m to 7d."""

    def built(self) -> Objective:
        """Return what the use cases work with."""
        return Objective(self.share, self.within)


class EmailModel(Part):
    """Notification by mail."""

    to: Annotated[tuple[Line, ...], Field(min_length=1, max_length=50)]
    """Addresses."""
    sender: Line | None = None
    """Mailbox that sends, by Graph's sendMail (application role Mail.Send, see roles); default: the first of `to`."""


class NotificationsModel(Part):
    """Who gets which notifications."""

    events: tuple[Occasion, ...] = get_args(Occasion)
    """The occasions for mail and webhook; every occasion is also an event and on the status page."""
    silence_after: Duration = timedelta(hours=26)
    """After this time without a successful run, silence is reported."""
    email: EmailModel | None = None
    """Mail."""
    webhook: Line | None = None
    """A webhook (Teams, Logic App) as `${NAME}`: its address is a secret."""


class ConnectorModel(Part):
    """One source, one target, its mappings and its scope."""

    name: Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    """Lower-case letters, digits and single hyphens, at most 32."""
    source: SourceModel
    """Where people are read."""
    with_: Annotated[tuple[SecondaryModel, ...], Field(alias="with", max_length=10)] = ()
    """Other sources, joined to the people of the directory by a key."""
    target: TargetModel
    """Where profiles are written."""
    credentials: CredentialsModel | None = None
    """How to sign in; default: the file's credentials."""
    scope: ScopeModel = ScopeModel()
    """Who takes part; default: everybody."""
    mappings: Annotated[tuple[MappingModel, ...], Field(min_length=1, max_length=10_000)]
    """The properties that are written."""
    threshold: ThresholdsModel = ThresholdsModel()
    """When a plan is held."""
    rhythm: RhythmModel = RhythmModel()
    """How often."""
    retention: RetentionModel = RetentionModel()
    """How long archives are kept."""
    limits: LimitsModel = LimitsModel()
    """Sizes and counts."""
    individual: IndividualModel = IndividualModel()
    """How many calls the individual route may make."""
    drift: DriftModel | None = None
    """Profiles are read back in the background; default: they aren't. `drift: {}` takes the defaults."""
    freshness: FreshnessModel | None = None
    """The objective of freshness; default: none, and no alarm. `freshness: {}` takes the defaults."""
    staging: bool = True
    """A new connector, and each change of its mappings, scope or source, waits in staging mode for `upa go`."""


class FileModel(Part):
    """The connector file."""

    version: Annotated[Literal[1], BeforeValidator(_number, json_schema_input_type=Literal[1])]
    """Version of the file's format."""
    credentials: CredentialsModel = CredentialsModel()
    """How to sign in, for connectors that don't say."""
    notifications: NotificationsModel = NotificationsModel()
    """Who gets which notifications."""
    connectors: Annotated[tuple[ConnectorModel, ...], Field(min_length=1, max_length=100)]
    """The connectors."""


_DURATION = TypeAdapter(timedelta)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the connector file (draft 2020-12), as published in docs/reference/upa.schema.json."""
    schema = FileModel.model_json_schema(by_alias=True, mode="validation")
    for part in (schema, *schema["$defs"].values()):
        for key in part["properties"].values():
            if str(key.get("default")).startswith("P"):  # a duration: pydantic writes defaults in ISO 8601
                key["default"] = write_duration(_DURATION.validate_python(key["default"]))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://upa-sync.example/upa.schema.json",
        **schema,
        "title": "upa.yaml",
    }
