"""The facts that the simulator relies on: id | certainty | fact | source. Written by scripts/facts.py.

The register is docs/facts; this copy travels with the package.
"""

TABLE = r"""
SP-1 | verified | ProcessQuery answers on the admin host and on the site host. It takes `text/xml` with a bearer token, needs no form digest and no call before it. | requests captured from Microsoft's CSOM client (`tests/adapters/sharepoint/golden`); KelvinTegelaar/CIPP-API
SP-3 | verified | Enums travel as numbers. Kinds of id: Email 0, CloudId 1, PrincipalName 2. States: Unknown 0, Submitted 1, Processing 2, Queued 3, Succeeded 4, Error 5. Errors: 0, 1, 20 to 23, 30. | metadata of Microsoft.Online.SharePoint.Client.Tenant.dll
SP-4 | verified | An import job has Error, ErrorMessage, JobId, LogFolderUri, SourceUri and State. The name LogFileUri stands in the documentation only. | metadata of Microsoft.Online.SharePoint.Client.Tenant.dll; koltyakov/sp-metadata
SP-5 | verified | Four requests are enough: queue, read one import job, list import jobs, delete one. Microsoft's own client writes them in one fixed form. | requests captured from Microsoft's CSOM client (`tests/adapters/sharepoint/golden`)
SP-6 | verified | Queue and delete are actions with a value as result. Reading import jobs is an object path followed by a query. | requests captured from Microsoft's CSOM client (`tests/adapters/sharepoint/golden`)
SP-7 | documented | In the property map the key is the name in the file and the value is the profile property. | learn.microsoft.com: bulk user profile update API
SP-8 | verified | The service validates requests against a schema. A request that breaks it gets XmlSchemaValidationException. | pnp/pnpcore, recorded answers; MS-CSOM
SP-9 | verified | The answer is HTTP 200 with an array: a header, then pairs of an action's id and its value. An error stands in the header's ErrorInfo, also under HTTP 200. | pnp/pnpcore, recorded answers
SP-10 | verified | A GUID in an answer is written `"\/Guid(…)\/"`, with the backslashes. Microsoft's client refuses the form without them. | requests captured from Microsoft's CSOM client (`tests/adapters/sharepoint/golden`)
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
SP-29 | verified | .NET writes a boolean as `True` or `False`. PnP sends it so. | source of pnp/powershell, SharePointUserProfileSync.cs
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
SP-111 | verified | What Newtonsoft.Json 13 takes and refuses, and its messages with path, line and position, are known for thousands of texts. | Newtonsoft.Json 13, run
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
SP-64 | documented | The smallest tenants may make 3,000 calls of PeopleManager in 5 minutes. | learn.microsoft.com: avoid getting throttled or blocked in SharePoint Online
SP-114 | verified | PeopleManager is written through ProcessQuery in one fixed form; ids count objects, actions and scopes in the order in which they come into being. | requests captured from Microsoft's CSOM client (`tests/adapters/sharepoint/golden/people`)
SP-115 | verified | A set answers null or nothing. An exception scope answers `HasException` and `ErrorInfo` under its own id. Properties of a person come as an object, several named ones as a list in their order. Null is an account without a profile. | Microsoft's CSOM client, run against a loopback server; MS-CSOM 3.1.4.1.8.2.1.3
SP-124 | reported | PeopleManager shows dates in the form of the caller's own regional settings. | SharePoint/sp-dev-docs#9125
SP-127 | reported | Whether an app may set properties of others is reported both ways: no until 2023, yes by documentation since 2024. A caller who isn't seen as administrator may set editable properties only, or none: `PropertyNotEditableException`. | pnp/powershell#277, #2153, #5262; pnp/cli-microsoft365#3006
SP-65 | reported | `$select` leaves out what it doesn't name. | SharePoint/sp-dev-docs#1586
SP-66 | assumed | A client that doesn't ask for JSON gets Atom. The simulator keeps only its outline. | SharePoint's default form
SP-67 | assumed | A value that doesn't fit its property costs the person and is logged as GenericError. | none
SP-68 | assumed | Users may edit those built-in properties that the errors of the queue call have named, and those that are editable by default. | names in published errors
SP-69 | assumed | An import job that was cancelled is no longer listed. | none
SP-70 | assumed | In strings of an answer a slash is written `\u002f`. | a known habit of client.svc
SP-71 | assumed | An import takes ISO dates, ISO date-times and `MM/dd/yyyy HH:mm:ss`. | none
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
SP-107 | assumed | The file is read as Newtonsoft.Json reads it with JObject.Parse, to a depth of 64, except that dates stay texts. | its messages occur in logs
SP-108 | assumed | A text in a file that looks like a date-time stays as it is. | none
SP-109 | assumed | The server's zone is UTC. A date-time with a zone is moved into it. | none
SP-110 | assumed | A value that isn't there (`undefined`, or nothing between two commas) is skipped as null is. | none
SP-112 | documented | A file put into a library that requires check-out answers `CheckOutType` 0 and `Level` 255 until it is checked in; one that waits for approval `Level` 2. | SPFileLevel and SPCheckOutType of the SharePoint object model
SP-113 | assumed | A file that was never checked in, and a draft that only approvers see, don't exist for the import job: DataFileNotExist. | none
SP-132 | documented | In a library with minor versions each upload is a draft: `MinorVersion` isn't 0, `Level` is 2. `DraftVersionVisibility` says who sees drafts. `publish(comment)`, or a check-in as major version, makes it a major version; with content approval that one waits. | learn.microsoft.com: SP.File, SP.List; support.microsoft.com: versioning in lists and libraries
SP-133 | assumed | Publishing in a library without minor versions is refused: "You can only publish, unpublish documents in a minor version enabled list." | the text is reported
SP-128 | assumed | A file whose required columns are empty can't be checked in. | the text is reported
SP-129 | assumed | A date is kept as smalldatetime: from 1900-01-01 to 2079-06-06. Another is refused, in an import file too. | the words of the refusal of single writes
SP-130 | assumed | Somebody who comes with the user name of a person who left may find that person's profile, with its values. | learn.microsoft.com: site user ID mismatch, which tells it of sites
SP-131 | assumed | A file under an exclusive lock can't be read: 423. One that is checked out can, in its last checked-in version. | none
SP-116 | assumed | How SharePoint sees an app that sets properties, and the type of the refusal "managing your own data". | none; the text is reported
SP-117 | assumed | An app with the term store's role makes new terms in an open set; without it existing ones can be used at most. | pnp/powershell#3693 tells of one case
SP-118 | assumed | A ProcessQuery request counts once for each method of PeopleManager in it, and refused calls count too. | none
SP-119 | assumed | Until SharePoint's own sync has run, an old user principal name leads to the person and the new one to nobody. Afterwards a name leads to whoever has it now. | none
SP-120 | assumed | A property that doesn't exist reads as an empty text among several named ones. | pnp/powershell#3891 says that it is no error
SP-121 | assumed | A value that only its owner sees reads empty for an app. | laurakokkarinen.com, for an administrator
SP-122 | assumed | Null clears a person property, an empty text is refused, and so is an account without a profile. | PnP-PowerShell#207, #1452
SP-123 | assumed | An empty text clears a string, an empty list a list. What clears dates, integers and booleans isn't known. | source of pnp/PnP, Core.UserProfiles.Sync
SP-125 | assumed | A value set over one that SharePoint syncs holds until the person's next change in the directory. | learn.microsoft.com: user profile sync
SP-126 | assumed | Each geo keeps values of its own, and shows the host of a person's own geo as PersonalSiteHostUrl. A set in another geo seems to work. | learn.microsoft.com: multi-geo user profile experience
SP-134 | assumed | The term store normalises a term's name: several blanks become one, and & becomes the wide ampersand U+FF06. Assumed: a label that is set through a profile is normalised and shown so. | learn.microsoft.com: TaxonomyItem.NormalizeName
GR-1 | documented | A client follows `@odata.nextLink` until `@odata.deltaLink` comes, through empty pages too. A page never has both. Every round ends with a new token. | learn.microsoft.com: delta query overview
GR-2 | reported | `$deltatoken` and `$deltaToken` both occur. A link is kept whole and with its kind: programs that kept a bare token sent it under the wrong name. | learn.microsoft.com: delta query overview; microsoft/o365-moodle#2535
GR-3 | documented | The token keeps `$select`, and `$select` decides which changes are tracked. Another `$select` needs a full round. | learn.microsoft.com: delta query overview
GR-4 | reported | A request with both tokens fails: `Both skiptoken and deltatoken can't be in the same request.` | microsoft/o365-moodle#2535
GR-5 | documented | `$deltatoken=latest` answers a deltaLink for now, without data. | learn.microsoft.com: delta query overview
GR-6 | documented | `$filter` takes ids only, at most 50, joined by `or`. | learn.microsoft.com: user delta
GR-7 | documented | `$top` is ignored. `$expand`, `$orderby` and `$search` are refused. | learn.microsoft.com: delta query overview
GR-8 | documented | The application permission `User.Read.All` is enough. | learn.microsoft.com: user delta
GR-9 | reported | A page has at most 200 users. `odata.maxpagesize` can lower that number, and short pages occur. | learn.microsoft.com, Q&A 2276060 and 5875141
GR-10 | documented | An attribute that was emptied comes as null, one that was never set is absent. | learn.microsoft.com: user delta
GR-11 | documented | With `Prefer: return=minimal` only changed attributes come, so that an absent one means "unchanged". | learn.microsoft.com: user delta
GR-12 | documented | A change to one directory extension brings all directory extensions of the same data type. | learn.microsoft.com: delta query overview
GR-13 | documented | `@removed` has the reason `changed` (deleted, can be restored for 30 days) or `deleted` (for good). Such records come in a first round too: a tenant of 5 users sent 199 records. | learn.microsoft.com: delta query overview; learn.microsoft.com, Q&A 762926
GR-14 | documented | A restored user comes as newly created. | learn.microsoft.com: delta query overview
GR-16 | documented | Records come in no order. One user may come several times, in one round and again in the next, and changes may come late. | learn.microsoft.com: delta query overview
GR-17 | reported | One attribute that isn't supported makes the whole request fail: 400 `… not supported for the following properties: …` | microsoftgraph/microsoft-graph-explorer-v4#3189; microsoftgraph/microsoft-graph-docs#14141
GR-18 | documented | Changes to open extensions, schema extensions and licenseAssignmentStates aren't tracked. | learn.microsoft.com: known issues with Microsoft Graph
GR-51 | documented | `groups/delta` with `$select=members` and `$filter=id eq …` tells who joined and left one group. The application permission `GroupMember.Read.All` is enough; a group of hidden members needs `Member.Read.Hidden` beside it. | learn.microsoft.com: group delta; list group transitive members
GR-52 | documented | Members come as `members@delta`: type and id of each, `@removed` for who left, by themselves or because they were deleted. A group without members shows no `members@delta`. | learn.microsoft.com: delta query groups
GR-53 | documented | A large group comes on several pages, each with the group's properties and some of the members, in any order. | learn.microsoft.com: delta query groups
GR-54 | reported | A group of 9,993 members came on 20 pages. | microsoftgraph/msgraph-sdk-dotnet#574
GR-55 | reported | A first round names members who had left before, as removed. | microsoftgraph/microsoft-graph-docs#17513
GR-58 | reported | With `$select=manager` users/delta tells a changed manager as `manager@delta`. It isn't repeated when something else changes, and was missing for some people. | microsoftgraph/microsoft-graph-docs#4500, #15842; microsoftgraph/microsoft-graph-explorer-v4#4018
GR-60 | documented | `users/{id}/manager` answers the manager, a user or a contact of the organization, and 404 where there is none. `User.Read.All` is enough. | learn.microsoft.com: list manager
GR-61 | documented | `users` takes `$expand=manager($select=…)` and shows the immediate manager of each. | learn.microsoft.com: list manager
GR-19 | documented | A token lives 7 days. After that the answer is 400 with the code `syncStateNotFound`. | devblogs.microsoft.com: duration of change tracking tokens
GR-20 | documented | After maintenance the service answers 410 with a Location whose `$deltatoken` is empty: a full round begins. | learn.microsoft.com: delta query overview
GR-21 | reported | An old nextLink failed with `Sync must reach steady state within 30 days.` | microsoft/o365-moodle#1841
GR-22 | reported | A link to a page can expire: `Directory_ExpiredPageToken`. | microsoftgraph/msgraph-sdk-dotnet#2254; cartography-cncf/cartography#2853
GR-23 | documented | A missing permission is answered with 403 `Authorization_RequestDenied`. | learn.microsoft.com: Microsoft Graph error responses
GR-25 | documented | Each national cloud has its own hosts for Graph, login and SharePoint. A token is for one cloud. | learn.microsoft.com: national cloud deployments
GR-26 | documented | A request costs resource units: 2 for reading users, otherwise 1; `$select` and a small `$top` lower the cost. An app has so many units in 10 seconds, by the size of the tenant. | learn.microsoft.com: Microsoft Graph throttling limits
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
GR-48 | assumed | An address of more than 16,384 characters gets a bare 400 that isn't an error of Graph. | the default of HTTP.sys
GR-49 | assumed | The texts for query options of `/users` that are refused. | as remembered
GR-50 | assumed | The text for a part of an address that nobody knows: `Resource not found for the segment '…'.` | as reported by users
GR-57 | assumed | Who is restored is a member of their groups as before. | Entra restores users with their memberships
GR-59 | assumed | A manager who is deleted is nobody's manager, and is again once restored; delta tells neither of the reports. | none
AZ-7 | reported | A managed identity's token can stand in for a certificate, for SharePoint too. | pnp/pnpframework#1124
AZ-8 | assumed | The numbers and texts of login's errors. | publicly known, not recorded
AZ-9 | assumed | The answers with which both identity endpoints refuse. | Microsoft's documentation, as remembered
"""
