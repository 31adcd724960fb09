"""The claims, one a line: id | text | source. V verified, D documented, R reported, I inferred in the reference."""

CITED = """
csom-endpoint | ProcessQuery on admin and site host, text/xml, bearer, no digest | sharepoint.md §1.1 V
csom-type-ids | Office365Tenant is e45fd516-…; a wrong type id is an error | sharepoint.md §1.2 V
csom-enums | UserIdType 0-2, JobState 0-5, JobError 0, 1, 20-23, 30, as ints | sharepoint.md §1.2 V
csom-golden | The requests of Microsoft's own client are accepted as they are | data/csom-golden V
csom-queue-action | Queue and delete are actions, reading jobs are object paths with a query | sharepoint.md §1.3 V
csom-map-direction | Map: key is the JSON property, value the profile property | sharepoint.md §1.3 D
csom-xsd | A request against the XSD is XmlSchemaValidationException | sharepoint.md §1.3 V
csom-answer | HTTP 200, array of header and id, value pairs; errors in ErrorInfo | sharepoint.md §1.4 V
csom-guid | GUIDs come as "\\/Guid(…)\\/" with backslashes | sharepoint.md §1.4 V
csom-delete | Delete returns true only for a job that has not started | sharepoint.md §6 D
queue-editable | Property Names […] are editable by user., all names, when queueing | sharepoint.md §1.5 D R
queue-exists | Mapped properties must exist, checked when queueing | sharepoint.md §1.5 D
queue-no-profile-role | Without User.ReadWrite.All: Access Denied: This application does not … | sharepoint.md §1.5 R
queue-no-tenant-role | Without tenant rights: Access denied. You do not …, -2147024891 | sharepoint.md §1.5 R
queue-empty-id | The queue call sometimes returns zeros although the job started | sharepoint.md §1.5 R
rest-map-array | A key-value collection as an object: A 'StartArray' node was expected. | sharepoint.md §2 R
secret-refused | A token from a client secret: 401 Unsupported app only token | sharepoint.md §3 R
token-per-host | Site host and admin host are two audiences | sharepoint.md §3 V
role-ids | Ids of the SharePoint app roles | sharepoint.md §3 V
digest-not-needed | With a bearer token no form digest is needed; contextinfo exists | sharepoint.md §3 D
admin-site-no-files | Data files belong on a site of the tenant, not on the admin site | sharepoint.md §3 R
file-limits | 2 GB and 500,000 properties a file | sharepoint.md §4 D
file-bom | Without a BOM a file is read as iso-8859-1 | sharepoint.md §4 D R
upload-single | AddUsingPath(decodedUrl, overwrite); above 250 MB chunks are mandatory | sharepoint.md §4 D V
upload-chunks | startupload, continueupload, finishupload with offsets; an empty finish is fine | sharepoint.md §4 V
upload-lock | Next slice within 30 minutes, the file is locked for 15 after an interruption | sharepoint.md §4 D
folder-create | POST web/folders with ServerRelativeUrl | sharepoint.md §4 V
odata-quotes | A quote in a literal is doubled | sharepoint.md §4 R
log-names | {file}-{job id}-Logs beside the file, by System Account; ImportProfileProperties-… | sharepoint.md §5 V
log-on-failure-only | There is a log only when something failed, and not always | sharepoint.md §5 D R
log-lines | Kind, identity and message between tabs; may go on over several lines | sharepoint.md §5 R
log-json | DataFileNotJson with Newtonsoft.Json's message, path, line and position | sharepoint.md §5 R
log-json-reader | What Newtonsoft.Json 13 takes, refuses and says, state for state | data/dotnet-golden V
log-identity | IdentityNotResolvable and MissingIdentity | sharepoint.md §5 R D
log-unmapped | A JSON property that isn't mapped aborts the import: InvalidProperty | sharepoint.md §5 D
log-duplicate | The same person twice: GenericError with a SqlException | sharepoint.md §5 R
mapping-without-data | A mapping without data is fine | sharepoint.md §5 D
partial-import | Unknown users are logged, the others imported: Error, ImportCompleteWithError | sharepoint.md §5 D
null-skips | null leaves the property alone | sharepoint.md §5 R
empty-clears | "" clears a string property | sharepoint.md §5 R
empty-date | "" makes January 1 of a date | sharepoint.md §5 R
internal-error-text | Failed to import the custom properties due to an unexpected error. | sharepoint.md §5 R
internal-error-no-log | InternalError without a log occurs | sharepoint.md §5 R
job-hourly | Files are downloaded roughly once an hour and then queued for import | sharepoint.md §6 D
job-hours | Two and a half hours in Processing, or for ever, were seen | sharepoint.md §6 R
file-kept | A file deleted before the download: DataFileNotExist | sharepoint.md §1.2 V, §6 D
job-list | The list has old and waiting jobs | sharepoint.md §6 D
job-list-threshold | After very many import jobs queueing and status fail: list view threshold | product.md §3 R
job-internal-late | Two and a half hours in Processing, then InternalError and no log | product.md §3 R
job-unknown | There is a state Unknown | sharepoint.md §1.2 V
delete-permanent | REST delete is permanent, recycle() is the soft form | sharepoint.md §7 D
people-manager-read | GetPropertiesFor gives every property, empty too; multi-values with a bar | sharepoint.md §8 V
people-manager-set | Set… answers odata.null; works on user-editable properties | sharepoint.md §8 V R
terms-role | A taxonomic property needs TermStore.ReadWrite.All too | sharepoint.md §3 D
odata-select | $select leaves out what it doesn't name | sharepoint.md §8 R
delta-links | Follow nextLink to deltaLink; never both; empty pages; a new token every time | graph.md A1 D
delta-select-baked | $select is kept in the token and decides what is tracked | graph.md A1 D
delta-both-tokens | Both skiptoken and deltatoken can't be in the same request. | graph.md A1 R
delta-latest | $deltatoken=latest: a deltaLink without data | graph.md A1 D
delta-filter | $filter takes ids only, at most 50 | graph.md A1 D
delta-no-top | $top is ignored; $expand, $orderby, $search are refused | graph.md A1 D R
delta-role | User.Read.All is enough | graph.md A1 D
delta-null-absent | Changed to nothing: null; never set: absent; return=minimal: only changes | graph.md A2 D
delta-extension-noise | A change to one directory extension returns all of its data type | graph.md A2 D
delta-tombstones | @removed: changed (restorable 30 days) or deleted; in the first round too | graph.md A2 D R
delta-restore | A restored user comes as newly created | graph.md A2 D
delta-disorder | Duplicates, replays, replication lag | graph.md A2 D R
delta-unsupported | 400 … not supported for the following properties: … | graph.md A3 R
delta-page-cap | Pages of 200 users at most; maxpagesize may lower it; short pages occur | graph.md A4 R
delta-untracked | Open and schema extensions aren't tracked | graph.md A3 D
delta-expiry | Tokens live 7 days: syncStateNotFound | graph.md A5 D
delta-resync | 410 with a Location that has an empty $deltatoken | graph.md A5 D
delta-steady | Sync must reach steady state within 30 days. | graph.md A5 R
delta-page-expiry | Directory_ExpiredPageToken | graph.md A5 R
graph-403 | Authorization_RequestDenied | graph.md A5 D
clouds | Host names of the national clouds | graph.md A6 D
graph-units | Resource units: GET users 2, else 1; $select, $top < 20 one less; per 10 s by size | graph.md B D
graph-throttle-headers | x-ms-resource-unit, limit percentage from 0.8, scope and information on 429 | graph.md B D
graph-early-retry | Early retries count and are throttled again | graph.md B D; style.md A4
graph-batch | At most 20 requests, unique ids, unordered answers, 424, inner 429 under an outer 200 | graph.md B D
extension-names | extension_{appId without hyphens}_{name} and its data types | graph.md D D
extension-available | getAvailableExtensionProperties is empty with more than 1,000 service principals | graph.md D D
extension-attributes | onPremisesExtensionAttributes: fifteen keys, nulls too, 1,024 characters | graph.md D D
employee-id | employeeId has 16 characters at most | graph.md D D
user-properties | The 79 properties of user and their types | data/graph-user-properties.tsv V
"""

ASSUMED = """
aadsts-texts | Numbers and texts of login errors | publicly known, not recorded
atom-shape | Who asks for no JSON gets Atom, of which only the outline is kept | SharePoint's default form
bad-token-text | Code and text for a delta token that cannot be read | none
bad-value-fails-person | A value that doesn't fit its property costs the person, as GenericError | none
builtin-schema | Which built-in properties users may edit | names in the queue errors, sharepoint.md §1.5
cancelled-job-vanishes | A cancelled import job is no longer listed | none
csom-slash-escape | Slashes in strings of CSOM answers come as \\u002f | known habit of client.svc
date-formats | ISO dates and date-times, and MM/dd/yyyy HH:mm:ss, are taken in import files | sharepoint.md §5 I
date-read-back | PeopleManager shows dates as M/d/yyyy h:mm:ss tt | en-US habit
delta-unsupported-list | Which SPO-backed properties delta refuses beside the four that were seen | graph.md A3 R
duplicate-fails-person | The person named twice fails, the rest of the file is imported | sharepoint.md §10
empty-date-year | The January 1 that "" makes is of the year 2000 | none
error-message-text | ErrorMessage of errors other than InternalError | sharepoint.md §5
extension-noise-selected | The noise of directory extensions stays within $select | none
folder-delete-recursive | Deleting a folder deletes what is in it | sharepoint.md §7 I
full-round-omits-null | What was cleared is absent in a full round | graph.md A2 R
graph-401-texts | Messages of InvalidAuthenticationToken | as remembered
graph-address-limit | Addresses over 16,384 characters: a bare 400 (switch max_address) | HTTP.sys, its default
graph-option-texts | Texts of refused query options of /users | as remembered
graph-segment-text | Resource not found for the segment '…'. | as reported by users
graph-sendmail | sendMail: 202, Mail.Send (b633e1c5-…), an unknown sender is 404 ErrorInvalidUser | as remembered
import-dates | A text that looks like a date-time stays a text (switch import_dates) | none
job-list-retention | Import jobs are listed for ever, oldest first | sharepoint.md §10
job-threshold | 5,000 as for list views; queueing, listing and reading one job all fail | product.md §3 R
label-record | A label that makes records forbids deleting: 403, locked as a record | none
library-error-codes | Codes and texts of library errors | well known, not recorded
library-label | GetListComplianceTag gives a library's default label or null, app-only too | pnp/cli-microsoft365
library-forbidden | A missing role is 403 on the library, not 401 | none
log-encoding | Logs are UTF-8 without BOM, CRLF, no header line, named .log | sharepoint.md §5 D in part
log-needs-lines | Without anything to say there is no log folder, whatever the error | sharepoint.md §5
managed-identity-errors | Bodies of refusals of both identity endpoints | Microsoft's documentation, as remembered
multi-value-import | Importing a multi-valued property fails the person | "not supported", sharepoint.md §5 D
names-case-sensitive | JSON keys and keys of the property map are compared exactly | none
newtonsoft-defaults | The file is read as JObject.Parse reads it, with MaxDepth 64, but for dates | its messages in logs
no-profile-unresolvable | Somebody without a profile is IdentityNotResolvable | sharepoint.md §5
not-a-value-array | Valid JSON of another shape ends like bad JSON | none
patch-merges-complex | PATCH of a complex attribute keeps the parts it doesn't name | OData habit
people-manager-errors | Code and texts of refused sets | none
profile-dies-with-user | The profile goes with its user and comes back empty | DESIGN.md §2
queue-error-codes | ErrorTypeName and ErrorCode of queue errors; text for an unknown property | sharepoint.md §1.5
read-lag | Single reads lag like delta does | graph.md H
rest-queue | REST queue takes a list of key-value pairs and refuses an object | sharepoint.md §2 I
retention-keeps-copy | Deleting a retained file succeeds and leaves a copy that uses storage | sharepoint.md §7 I
scalar-tostring | Numbers and booleans in a file are taken as .NET writes them | none
server-zone | The server is in UTC; dates with a zone are moved there (switch server_zone_min) | none
sharepoint-401-bodies | Texts of 401 other than Unsupported app only token | none
state-order | Processing comes before Queued | sharepoint.md §10
synced-wins | What SharePoint syncs itself overwrites an imported value at once | seed 4
too-long-value | Line for a value over the property's length | none
too-many-pairs | Over 500,000 pairs: DataFileTooBig | sharepoint.md §4
undefined-skips | A value that isn't there (undefined, two commas) is skipped as null is | none
unknown-account-null | PeopleManager reads null for an account without profile | none
unknown-first | Unknown is what a job's state reads before Submitted | sharepoint.md §1.2
unknown-job-is-null | GetImportProfilePropertyJob gives null for an unknown id | none
unknown-select-ignored | Unknown names in $select are ignored: user is an open type | graph.md D
unmapped-error-number | An unmapped JSON property ends as InvalidDataFile | sharepoint.md §5
upload-error-texts | Codes and texts of refused slices | none
values-appear-at-end | People are resolved and values appear when the job ends | none
"""
