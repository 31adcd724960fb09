// Key Vault: the SharePoint certificate where one is used, and secrets that the connector file names as ${NAME}.
// A certificate is no ARM type: scripts/postprovision makes it.
param name string
param location string
param tags object
param workspaceId string

@description('Closed to everything but private endpoints.')
param isPrivate bool

var publicAccess = isPrivate ? 'Disabled' : 'Enabled'
var othersMay = isPrivate ? 'Deny' : 'Allow'

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
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

// Who read the certificate, and when.
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'audit'
  properties: {
    workspaceId: workspaceId
    logs: [
      { categoryGroup: 'audit', enabled: true }
    ]
  }
}

output id string = vault.id
output name string = vault.name
