// The host's storage and the pipeline's state. No shared keys, no public blobs; deleted blobs stay for two weeks.
param name string
param location string
param tags object
param stateContainer string
param packageContainer string
param workspaceName string

@description('Closed to everything but private endpoints.')
param isPrivate bool

@description('Replication of the account.')
param sku string

var publicAccess = isPrivate ? 'Disabled' : 'Enabled'
var othersMay = isPrivate ? 'Deny' : 'Allow'
var queues = ['upa-pull', 'upa-export']

resource account 'Microsoft.Storage/storageAccounts@2026-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: publicAccess
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: othersMay
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2026-06-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: { enabled: true, days: 14 }
    containerDeleteRetentionPolicy: { enabled: true, days: 14 }
  }
}

resource state 'Microsoft.Storage/storageAccounts/blobServices/containers@2026-06-01' = {
  parent: blobs
  name: stateContainer
  properties: { publicAccess: 'None' }
}

resource packages 'Microsoft.Storage/storageAccounts/blobServices/containers@2026-06-01' = {
  parent: blobs
  name: packageContainer
  properties: { publicAccess: 'None' }
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2026-06-01' = {
  parent: account
  name: 'default'
  properties: {}
}

resource wakeUps 'Microsoft.Storage/storageAccounts/queueServices/queues@2026-06-01' = [for queue in queues: {
  parent: queueService
  name: queue
  properties: {}
}]

// Moves what stays to a cheaper tier, and deletes nothing: no rule can tell an old run from one that is open or held. Housekeeping
// can, and keeps each connector's retention; an alert tells where it didn't go through for two days.
resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2026-06-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'run-archive'
          type: 'Lifecycle'
          enabled: true
          definition: {
            filters: {
              blobTypes: ['blockBlob']
              prefixMatch: ['${stateContainer}/runs/']
            }
            actions: {
              baseBlob: {
                tierToCool: { daysAfterModificationGreaterThan: 30 }
              }
            }
          }
        }
      ]
    }
  }
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2026-03-01' existing = {
  name: workspaceName
}

// Who read and who changed state, and when: state holds people's values, and whoever writes here can run code as the
// identity. Queues and tables hold wake-ups alone, and the host polls them all day.
// The only stable version, of 2016, is older than the logs of storage.
#disable-next-line use-recent-api-versions
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: blobs
  name: 'audit'
  properties: {
    workspaceId: workspace.id
    logs: [
      { category: 'StorageRead', enabled: true }
      { category: 'StorageWrite', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
  }
}
