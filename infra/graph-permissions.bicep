// App roles for the managed identity on Microsoft Graph and SharePoint Online: what the portal can't grant to an
// identity. In a file of its own, because the extension is all that offline parsers of Bicep stumble over, and optional,
// because whoever deploys needs AppRoleAssignment.ReadWrite.All and Application.Read.All. `upa grant` does the same.
extension microsoftGraphV1

@description('Object id of the managed identity.')
param principalId string

@description('Grant the SharePoint roles too; off where SharePoint is signed in to with a certificate.')
param sharePoint bool = true

// Each with its reason in docs/reference/roles.md.
var graphRoles = ['User.Read.All']
var sharePointRoles = sharePoint ? ['Sites.FullControl.All', 'User.ReadWrite.All'] : []

resource graph 'Microsoft.Graph/servicePrincipals@v1.0' existing = {
  appId: '00000003-0000-0000-c000-000000000000'
}

resource sharePointOnline 'Microsoft.Graph/servicePrincipals@v1.0' existing = {
  appId: '00000003-0000-0ff1-ce00-000000000000'
}

resource graphGrants 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [for role in graphRoles: {
  principalId: principalId
  resourceId: graph.id
  appRoleId: filter(graph.appRoles, found => found.value == role)[0].id
}]

resource sharePointGrants 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [for role in sharePointRoles: {
  principalId: principalId
  resourceId: sharePointOnline.id
  appRoleId: filter(sharePointOnline.appRoles, found => found.value == role)[0].id
}]
