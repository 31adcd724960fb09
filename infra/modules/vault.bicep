// Key Vault, only where something is kept in it: the SharePoint certificate, or secrets that app settings refer to.
// A certificate is no ARM type: scripts/postprovision makes it, and lets the identity read it.
param name string
param location string
param tags object
param workspaceName string

@description('Bring back the vault of this name that was deleted; purge protection keeps the name for 90 days.')
param recover bool

@description('Closed to everything but private endpoints.')
param isPrivate bool

var publicAccess = isPrivate ? 'Disabled' : 'Enabled'
var othersMay = isPrivate ? 'Deny' : 'Allow'

resource vault 'Microsoft.KeyVault/vaults@2026-05-15' = {
  name: name
  location: location
  tags: tags
  properties: {
    createMode: recover ? 'recover' : 'default'
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: publicAccess
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: othersMay
    }
  }
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2026-03-01' existing = {
  name: workspaceName
}

// Who read the certificate, and when.
// The only stable version, of 2016, knows no group of categories.
#disable-next-line use-recent-api-versions
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'audit'
  properties: {
    workspaceId: workspace.id
    logs: [
      { categoryGroup: 'audit', enabled: true }
    ]
  }
}
