"""The facts that the simulator stands on: id | certainty | fact | source. Written by scripts/facts.py.

<<<<<<< HEAD
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
=======
The register is docs/facts; this copy travels with the package.
"""

TABLE = r"""
SP-1 | verified | ProcessQuery answers on the admin host and on the site host. It takes `text/xml` with a bearer token, needs no form digest and no call before it. | requests captured from Microsoft's CSOM client (`tests/adapters/golden`); KelvinTegelaar/CIPP-API
SP-3 | verified | Enums travel as numbers. Kinds of id: Email 0, CloudId 1, PrincipalName 2. States: Unknown 0, Submitted 1, Processing 2, Queued 3, Succeeded 4, Error 5. Errors: 0, 1, 20 to 23, 30. | metadata of Microsoft.Online.SharePoint.Client.Tenant.dll
SP-4 | verified | An import job has Error, ErrorMessage, JobId, LogFolderUri, SourceUri and State. The name LogFileUri stands in the documentation only. | metadata of Microsoft.Online.SharePoint.Client.Tenant.dll; koltyakov/sp-metadata
SP-5 | verified | Four requests are enough: queue, read one import job, list import jobs, delete one. Microsoft's own client writes them in one fixed form. | requests captured from Microsoft's CSOM client (`tests/adapters/golden`)
SP-6 | verified | Queue and delete are actions with a value as result. Reading import jobs is an object path followed by a query. | requests captured from Microsoft's CSOM client (`tests/adapters/golden`)
SP-7 | documented | In the property map the key is the name in the file and the value is the profile property. | learn.microsoft.com: bulk user profile update API
SP-8 | verified | The service validates requests against a schema. A request that breaks it gets XmlSchemaValidationException. | pnp/pnpcore, recorded answers; MS-CSOM
SP-9 | verified | The answer is HTTP 200 with an array: a header, then pairs of an action's id and its value. An error stands in the header's ErrorInfo, also under HTTP 200. | pnp/pnpcore, recorded answers
SP-10 | verified | A GUID in an answer is written `"\/Guid(…)\/"`, with the backslashes. Microsoft's client refuses the form without them. | requests captured from Microsoft's CSOM client (`tests/adapters/golden`)
SP-11 | documented | Deleting an import job works only before it has started, and answers true or false. It doesn't tidy up old import jobs. | comments of @pnp/sp-admin
SP-12 | documented | A property that users may edit is refused when the file is queued: `Property Names […] are editable by user.`, with all such names. | learn.microsoft.com: bulk user profile update API; sharepointdiary.com
SP-14 | reported | Without `User.ReadWrite.All` the call fails with `Access Denied: This application does not have the required permissions to access profile information.` | pnp/powershell#4267, #5084
SP-15 | reported | Without rights in the tenant it fails with `Access denied. You do not have permission to perform this action or access this resource.`, code -2147024891. | SharePoint/sp-dev-docs#4500, #3902
SP-17 | reported | In REST a collection of keys and values is a list. An object in its place fails with `A 'StartArray' node was expected.` | pnp/pnpjs#2162
SP-18 | reported | SharePoint takes app-only tokens that were got with a certificate. A token got with a secret is refused: 401 `Unsupported app only token`. | pnp/pnpframework discussion 432
SP-19 | reported | The application roles `Sites.FullControl.All` and `User.ReadWrite.All` of SharePoint are enough for the bulk import. | pnp/powershell#277
SP-20 | verified | The site host and the admin host are two audiences: each needs a token of its own. | source of pnp/cli-microsoft365 and KelvinTegelaar/CIPP-API
SP-21 | verified | SharePoint's application roles have the same fixed ids in every tenant. | pnp/powershell, SharePointPermissions.json
SP-22 | documented | A request with a bearer token needs no form digest. `contextinfo` exists all the same. | learn.microsoft.com: complete basic operations using SharePoint REST endpoints
SP-24 | documented | A taxonomic property needs the role `TermStore.ReadWrite.All` as well. | learn.microsoft.com: app permission error when updating a user profile property
SP-26 | documented | An import file has at most 2 GB and 500,000 properties. Whether names or values are meant isn't said. | learn.microsoft.com: bulk user profile update API
SP-27 | documented | A file without a byte order mark is read as iso-8859-1. Many profiles were damaged by this. | learn.microsoft.com: bulk user profile update API; pnp/powershell#1501, #4204
SP-30 | documented | `AddUsingPath(decodedUrl, overwrite)` uploads a file in one request. Above 250 MB slices are required; 2 GB is the most. | learn.microsoft.com: SharePoint REST, files; source of pnp/pnpcore
SP-31 | verified | Slices go through startupload, continueupload and finishupload, each with its offset. The last slice may be empty. | source of pnp/pnpcore, FileCollection.cs
SP-32 | documented | The next slice has to come within 30 minutes. After an interruption the file is locked for 15 minutes. | SharePoint/sp-dev-docs: upload large files sample
SP-36 | documented | A person who can't be found is logged and the others are imported. The import job ends as Error with ImportCompleteWithError. | learn.microsoft.com: bulk user profile update API
SP-37 | reported | `null` leaves a property as it is. | pnp/pnpframework#1133; pnp/powershell#4920
SP-38 | reported | `""` clears a string property. An empty value stays behind. | SharePoint/sp-dev-docs#5785
SP-39 | reported | `""` for a date makes it January 1. So bulk import can't clear a date. | pnp/pnpframework#1133
SP-41 | documented | A mapped property that no person in the file has is no error. | learn.microsoft.com: bulk user profile update API
SP-43 | verified | The log lies in the folder `<file>-<import job id>-Logs` beside the file. Its name begins with `ImportProfileProperties-`, its author is System Account. | pictures in SharePoint/sp-dev-docs
SP-45 | reported | A line holds kind, identity and message between tabs. A message may go on over several lines. | pnp/powershell#3981; pnp/script-samples#476
SP-46 | reported | Broken JSON is logged as DataFileNotJson with Newtonsoft.Json's message, path, line and position. | pnp/powershell#3981
SP-47 | reported | IdentityNotResolvable names a person who can't be found, MissingIdentity an entry without an id. The identity may be left out. | pnp/powershell#3981; learn.microsoft.com: bulk user profile update API
SP-50 | reported | The message of InternalError is `Failed to import the custom properties due to an unexpected error.` | SharePoint/sp-dev-docs#2414
SP-51 | reported | An import job can end as InternalError without a log. | SharePoint/sp-dev-docs#2414, #4698
SP-52 | documented | Import files are downloaded about once an hour and then queued for import. | comments of @pnp/sp-admin
SP-53 | documented | The states come in the order Submitted, Processing, Queued, then Succeeded or Error. | learn.microsoft.com: bulk user profile update API
SP-54 | reported | Import jobs were seen in Processing for two and a half hours, and for ever. | SharePoint/sp-dev-docs#4698; pnp/powershell#1602
SP-55 | reported | An import job ended after two and a half hours in Processing as InternalError without a log. | SharePoint/sp-dev-docs#4698
SP-57 | documented | The import file has to stay until the import job has ended. When it is gone before the download, the import job ends as DataFileNotExist. | learn.microsoft.com: bulk user profile update API
SP-58 | documented | The list of import jobs has old ones and waiting ones. | comments of @pnp/sp-admin
SP-59 | reported | After about a year of daily import jobs both queueing and reading the state failed: the list view threshold was exceeded. | pnp/powershell#3814
SP-60 | verified | An import job has a state Unknown. | metadata of Microsoft.Online.SharePoint.Client.Tenant.dll
SP-61 | documented | Deleting a file over REST is permanent. `recycle()` is the call that uses the recycle bin. | pnp/pnpcore: recycle bin; learn.microsoft.com: SP.File.recycle
SP-62 | verified | GetPropertiesFor answers every property of a profile, empty ones too. Several values are joined by a bar. | pnp/pnpcore, recorded answers
SP-63 | verified | The calls that set one property answer `odata.null`. They also work for properties that users may edit. | pnp/pnpcore, recorded answers; techcommunity.microsoft.com
SP-65 | reported | `$select` leaves out what it doesn't name. | SharePoint/sp-dev-docs#1586
SP-66 | assumed | A client that doesn't ask for JSON gets Atom. The simulator keeps only its outline. | SharePoint's default form
SP-67 | assumed | A value that doesn't fit its property costs the person and is logged as GenericError. | none
SP-68 | assumed | Users may edit those built-in properties that the errors of the queue call have named, and those that are editable by default. | names in published errors
SP-69 | assumed | An import job that was cancelled is no longer listed. | none
SP-70 | assumed | In strings of an answer a slash is written `\u002f`. | a known habit of client.svc
SP-71 | assumed | An import takes ISO dates and ISO date-times. | none
SP-72 | assumed | PeopleManager shows a date as `M/d/yyyy h:mm:ss tt`. | .NET's form for en-US
SP-73 | assumed | When a person occurs twice in a file, that person fails and the rest is imported. | none
SP-74 | assumed | The January 1 that `""` makes is in the year 2000. | none
SP-75 | assumed | The texts of ErrorMessage, except that of InternalError. | none
SP-76 | assumed | Deleting a folder deletes everything in it. | none
SP-77 | assumed | Files in the recycle bin and in the preservation hold library count against the site's storage. | common knowledge
SP-78 | assumed | Import jobs stay in the list for ever, the oldest first. | none
SP-79 | assumed | The list of import jobs breaks at 5,000, as list views do. Queueing, listing and reading one import job fail together. | none
SP-80 | assumed | A label that makes records forbids deletion: 403 with a text about a record. | none
SP-81 | assumed | The codes and texts of the library's errors. | well known, not recorded
SP-82 | assumed | GetListComplianceTag answers a library's default label or null, with an app-only token too. | source of pnp/cli-microsoft365
SP-83 | assumed | A missing role is answered by the library with 403, not 401. | none
SP-84 | assumed | A log is UTF-8 without a byte order mark, has CRLF, no header line and the ending `.log`. | the ending stands in PnP's documentation
SP-85 | assumed | When there is nothing to log there is no log folder, whatever the error. | none
SP-86 | assumed | An import of a property with several values fails for the person. | the documentation says "not supported"
SP-87 | assumed | Names in the file and in the property map are compared exactly, upper and lower case included. | none
SP-88 | assumed | The file has to be strict JSON: single quotes, comments and names without quotes aren't taken. | none
SP-89 | assumed | A person without a profile is logged as IdentityNotResolvable. | none
SP-90 | assumed | Valid JSON of another shape ends like broken JSON. | none
SP-91 | assumed | The codes and texts of refused writes to single properties. | none
SP-92 | assumed | A profile goes when its user is deleted, and is empty when the user is restored. | none
SP-93 | assumed | ErrorTypeName and ErrorCode of the queue call's errors, and the text for a property that doesn't exist. | none
SP-94 | assumed | The REST form of the queue call takes the property map as a list and refuses an object. | metadata of SP.KeyValue
SP-95 | assumed | Deleting a retained file succeeds and leaves a copy that uses storage. | none
SP-96 | assumed | Numbers and booleans in a file are taken, in the form in which .NET writes them. | none
SP-97 | assumed | The texts of 401, except `Unsupported app only token`. | none
SP-98 | assumed | What SharePoint fills from Entra overwrites an imported value at once. | learn.microsoft.com: user profile sync, which names no time
SP-99 | assumed | A value longer than its property allows is logged in a line of its own kind. | none
SP-100 | assumed | A file with more than 500,000 pairs of name and value ends as DataFileTooBig. | none
SP-101 | assumed | PeopleManager answers null for an account without a profile. | none
SP-102 | assumed | A new import job can read Unknown before it reads Submitted. | the state exists
SP-103 | assumed | Reading an import job by an unknown id answers null. | none
SP-104 | assumed | A name that isn't in the property map ends the import job as InvalidDataFile. | none
SP-105 | assumed | The codes and texts of refused slices. | none
SP-106 | assumed | People are looked up and values appear when the import job ends, all at once. | none
GR-1 | documented | A client follows `@odata.nextLink` until `@odata.deltaLink` comes, through empty pages too. A page never has both. Every round ends with a new token. | learn.microsoft.com: delta query overview
GR-2 | reported | `$deltatoken` and `$deltaToken` both occur. A link is kept whole and with its kind: programs that kept a bare token sent it under the wrong name. | learn.microsoft.com: delta query overview; microsoft/o365-moodle#2535
GR-3 | documented | The token keeps `$select`, and `$select` decides which changes are tracked. Another `$select` needs a full round. | learn.microsoft.com: delta query overview
GR-4 | reported | A request with both tokens fails: `Both skiptoken and deltatoken can't be in the same request.` | microsoft/o365-moodle#2535
GR-5 | documented | `$deltatoken=latest` answers a deltaLink for now, without data. | learn.microsoft.com: delta query overview
GR-6 | documented | `$filter` takes ids only, at most 50, joined by `or`. | learn.microsoft.com: user delta
GR-7 | documented | `$top` is ignored. `$expand`, `$orderby` and `$search` are refused. | learn.microsoft.com: delta query overview
GR-8 | documented | The application permission `User.Read.All` is enough. | learn.microsoft.com: user delta
GR-9 | reported | A page has at most 200 users. `odata.maxpagesize` can make it smaller, and short pages occur. | learn.microsoft.com, Q&A 2276060 and 5875141
GR-10 | documented | An attribute that was emptied comes as null, one that was never set is absent. | learn.microsoft.com: user delta
GR-11 | documented | With `Prefer: return=minimal` only changed attributes come, so that an absent one means "unchanged". | learn.microsoft.com: user delta
GR-12 | documented | A change to one directory extension brings all directory extensions of the same data type. | learn.microsoft.com: delta query overview
GR-13 | documented | `@removed` has the reason `changed` (deleted, can be restored for 30 days) or `deleted` (for good). Such records come in a first round too: a tenant of 5 users sent 199 records. | learn.microsoft.com: delta query overview; learn.microsoft.com, Q&A 762926
GR-14 | documented | A restored user comes as newly created. | learn.microsoft.com: delta query overview
GR-16 | documented | Records come in no order. One user may come several times, in one round and again in the next, and changes may come late. | learn.microsoft.com: delta query overview
GR-17 | reported | One attribute that isn't supported makes the whole request fail: 400 `… not supported for the following properties: …` | microsoftgraph/microsoft-graph-explorer-v4#3189; microsoftgraph/microsoft-graph-docs#14141
GR-18 | documented | Changes to open extensions, schema extensions and licenseAssignmentStates aren't tracked. | learn.microsoft.com: known issues with Microsoft Graph
GR-19 | documented | A token lives 7 days. After that the answer is 400 with the code `syncStateNotFound`. | devblogs.microsoft.com: duration of change tracking tokens
GR-20 | documented | After maintenance the service answers 410 with a Location whose `$deltatoken` is empty: a full round begins. | learn.microsoft.com: delta query overview
GR-21 | reported | An old nextLink failed with `Sync must reach steady state within 30 days.` | microsoft/o365-moodle#1841
GR-22 | reported | A link to a page can expire: `Directory_ExpiredPageToken`. | microsoftgraph/msgraph-sdk-dotnet#2254; cartography-cncf/cartography#2853
GR-23 | documented | A missing permission is answered with 403 `Authorization_RequestDenied`. | learn.microsoft.com: Microsoft Graph error responses
GR-25 | documented | Each national cloud has its own hosts for Graph, login and SharePoint. A token is for one cloud. | learn.microsoft.com: national cloud deployments
GR-26 | documented | A request costs resource units: 2 for reading users, otherwise 1; `$select` and a small `$top` make it cheaper. An app has so many units in 10 seconds, by the size of the tenant. | learn.microsoft.com: Microsoft Graph throttling limits
GR-27 | documented | Answers carry `x-ms-resource-unit`, and from 80 % on the share of the limit. A 429 says scope and reason. A request may ask for low priority. | learn.microsoft.com: Microsoft Graph throttling limits
GR-28 | documented | A retry before Retry-After is over counts against the limit and is refused again. | learn.microsoft.com: Microsoft Graph throttling
GR-29 | documented | `$batch` takes at most 20 requests with different ids. Answers come in any order. Each is throttled by itself, also under an outer 200; a failed dependency is 424. | learn.microsoft.com: JSON batching
GR-30 | documented | A directory extension is named `extension_<app id without hyphens>_<name>` and has one of six data types. | learn.microsoft.com: extension properties
GR-31 | documented | getAvailableExtensionProperties answers nothing in a tenant of more than 1,000 service principals. | learn.microsoft.com: known issues with Microsoft Graph
GR-32 | documented | onPremisesExtensionAttributes has fifteen parts of up to 1,024 characters. All of them are shown, the empty ones as null. | learn.microsoft.com: extensibility overview
GR-33 | documented | employeeId has at most 16 characters. | learn.microsoft.com: user resource type
GR-34 | documented | An object holds at most 100 extension values, otherMails at most 250 addresses. | learn.microsoft.com: extensibility overview; user resource type
GR-37 | verified | The resource `user` of v1.0 has 79 properties of its own. It is an open type. | microsoftgraph/msgraph-metadata
GR-39 | assumed | The code and the text for a token that can't be read. | none
GR-40 | assumed | Beside the four attributes that were seen to fail, all those that live in SharePoint fail. | learn.microsoft.com, Q&A 1688937, "not verified"
GR-41 | assumed | The other directory extensions of a type come only when they are selected. | none
GR-42 | assumed | In a full round an attribute that was emptied is absent, not null. | microsoftgraph/microsoft-graph-docs#4946
GR-43 | assumed | The texts of InvalidAuthenticationToken. | as remembered
GR-44 | assumed | sendMail answers 202 and needs Mail.Send. A sender who doesn't exist is 404 ErrorInvalidUser. | as remembered
GR-45 | assumed | PATCH of an attribute with parts keeps the parts that it doesn't name. | a habit of OData
GR-46 | assumed | A read of one user can be as late as delta is. | delta's delay is documented
GR-47 | assumed | A name in `$select` that nobody knows is ignored. | `user` is an open type
AZ-7 | reported | A managed identity's token can stand in for a certificate, for SharePoint too. | pnp/pnpframework#1124
AZ-8 | assumed | The numbers and texts of login's errors. | publicly known, not recorded
AZ-9 | assumed | The answers with which both identity endpoints refuse. | Microsoft's documentation, as remembered
>>>>>>> ae6a97b (docs/facts is the register: every cited fact has an id, a certainty and a public source; code cites ids)
"""
