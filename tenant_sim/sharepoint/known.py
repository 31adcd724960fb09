"""Names of SharePoint's REST resources that exist and aren't simulated."""

from __future__ import annotations

from tenant_sim.sharepoint.odata import Segment

_HEADS = frozenset(
    [
        "search",
        "social.feed",
        "social.following",
        "sitepages",
        "siteiconmanager",
        "thememanager",
        "groupsitemanager",
        "spsitemanager",
        "navigation",
        "hubsites",
        "lists",
        "web.lists",
        "$batch",
        "$metadata",
        "siteusers",
        "sp.userprofiles.profileloader.getprofileloader",
        "sp.utilities.utility.sendemail",
        "sp.directory.directorysession",
    ]
)
_STEPS = frozenset(
    [
        "allproperties",
        "allusers",
        "addtemplatefileusingpath",
        "addtemplatefile",
        "alerts",
        "associatedmembergroup",
        "associatedownergroup",
        "associatedvisitorgroup",
        "author",
        "availablecontenttypes",
        "availablefields",
        "checkedoutbyuser",
        "contenttypes",
        "copyto",
        "currentuser",
        "defaultview",
        "deny",
        "doesuserhavepermissions",
        "effectivebasepermissions",
        "ensureuser",
        "eventreceivers",
        "features",
        "fields",
        "firstuniqueancestorsecurableobject",
        "forms",
        "getbyid",
        "getcatalog",
        "getchanges",
        "getfilebylinkingurl",
        "getfilebyguesturl",
        "getfilebyurl",
        "getfolderbyurl",
        "getitembyid",
        "getitems",
        "getlimitedwebpartmanager",
        "getlistitem",
        "getsubwebsfilteredforcurrentuser",
        "getuserbyid",
        "hasuniqueroleassignments",
        "id",
        "informationrightsmanagementsettings",
        "items",
        "listitemallfields",
        "lists",
        "listtemplates",
        "lockedbyuser",
        "modifiedby",
        "moveto",
        "navigation",
        "openbinarydirect",
        "owner",
        "parentfolder",
        "parentweb",
        "properties",
        "recyclebin",
        "regionalsettings",
        "relateditems",
        "renderlistdataasstream",
        "roleassignments",
        "roledefinitions",
        "rootfolder",
        "rootweb",
        "savebinarystream",
        "$count",
        "siteusers",
        "sitegroups",
        "siteuserinfolist",
        "storagemetrics",
        "subscriptions",
        "themeinfo",
        "title",
        "undocheckout",
        "unpublish",
        "url",
        "usercustomactions",
        "versionevents",
        "versions",
        "views",
        "webinfos",
        "webs",
        "workflowassociations",
    ]
)
_PEOPLE = frozenset(
    [
        "amifollowedby",
        "amifollowing",
        "editprofilelink",
        "follow",
        "followtag",
        "getfollowedtags",
        "getfollowersfor",
        "getmyfollowers",
        "getmyproperties",
        "getmysuggestions",
        "getpeoplefollowedby",
        "getpeoplefollowedbyme",
        "gettrendingtags",
        "getuseronedrivequotamax",
        "getuserprofileproperties",
        "hidesuggestion",
        "ismypeoplelistpublic",
        "isfollowing",
        "removemultivaluedprofileproperty",
        "setmyprofilepicture",
        "stopfollowing",
        "stopfollowingtag",
    ]
)


def missing(path: list[Segment]) -> str | None:
    """Return what a path asks for that only this simulator lacks; None: SharePoint has no such thing either."""
    head = path[0].name
    if head in _HEADS:
        return head
    if head in ("web", "site"):
        return next((step.name for step in path[1:] if step.name in _STEPS), None)
    if head == "sp.userprofiles.peoplemanager" and len(path) == 1:
        return "PeopleManager itself"
    if head == "sp.userprofiles.peoplemanager":
        return next((step.name for step in path[1:] if step.name in _PEOPLE), None)
    return None
