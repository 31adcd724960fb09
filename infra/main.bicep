// One environment of the pipeline: a resource group with everything in it. Plain resources, no registry modules
// (docs/adr/0006-plain-bicep-resources.md). Checked offline by tests/infra; never deployed from this repository.
targetScope = 'subscription'

@description('Name of the azd environment; part of every resource name.')
@minLength(1)
@maxLength(32)
param environmentName string

@description('Azure region; it must offer Flex Consumption.')
param location string

@description('Object id of whoever runs azd: may read and write the state container with the command line. Empty: nobody.')
param operatorObjectId string = ''

@description('What the operator is.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param operatorType string = 'User'

@description('Python of the function app.')
@allowed(['3.11', '3.12', '3.13'])
param pythonVersion string = '3.13'

@description('Memory of one instance in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Instances kept warm for the durable functions; 0 costs nothing while idle and reacts more slowly.')
@minValue(0)
@maxValue(5)
param alwaysReadyDurable int = 1

@description('The connector file: a path in the package, or blob:<key> in the state container.')
param connectorFile string = 'upa.yaml'

@description('NCRONTAB of the tick, six fields.')
param schedule string = '0 */15 * * * *'

@description('NCRONTAB of housekeeping, six fields.')
param housekeepingSchedule string = '0 30 3 * * *'

@description('More app settings, e.g. what the connector file names as \${NAME}; secrets as Key Vault references.')
param extraSettings object = {}

@description('Address that alerts are mailed to; empty: alerts fire and mail nobody.')
param alertEmail string = ''

@description('Hours without a successful run after which a connector counts as silent.')
@minValue(2)
@maxValue(47)
param silenceHours int = 26

@description('Days after which the lifecycle rule deletes archives, whatever housekeeping left; above every retention.')
@minValue(30)
param archiveDays int = 120

@description('Replication of the storage account; Standard_LRS where the region has no zones.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageSku string = 'Standard_ZRS'

@description('Private endpoints for storage and Key Vault, and a VNet for the app; no public access to either.')
param privateNetwork bool = false

@description('Grant the Graph and SharePoint app roles to the identity. Whoever deploys needs the rights (docs/how-to).')
param grantDirectoryRoles bool = false

@description('SharePoint is signed in to with a certificate from Key Vault instead of the managed identity.')
param sharePointCertificate bool = false

var token = uniqueString(subscription().id, environmentName, location)
var tags = { 'azd-env-name': environmentName }
var stateContainer = 'upa'

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  name: 'identity'
  params: {
    name: 'id-upa-${token}'
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  name: 'monitoring'
  params: {
    token: token
    location: location
    tags: tags
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  name: 'storage'
  params: {
    name: 'stupa${token}'
    location: location
    tags: tags
    stateContainer: stateContainer
    archiveDays: archiveDays
    sku: storageSku
    isPrivate: privateNetwork
  }
}

module vault 'modules/vault.bicep' = {
  scope: group
  name: 'vault'
  params: {
    name: 'kv-${token}'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    isPrivate: privateNetwork
  }
}

module roles 'modules/roles.bicep' = {
  scope: group
  name: 'roles'
  params: {
    identityPrincipalId: identity.outputs.principalId
    operatorObjectId: operatorObjectId
    operatorType: operatorType
    operatorMakesCertificates: sharePointCertificate
    storageName: storage.outputs.name
    stateContainer: stateContainer
    vaultName: vault.outputs.name
    insightsName: monitoring.outputs.insightsName
  }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  scope: group
  name: 'network'
  params: {
    token: token
    location: location
    tags: tags
    storageId: storage.outputs.id
    vaultId: vault.outputs.id
  }
}

module app 'modules/function-app.bicep' = {
  scope: group
  name: 'function-app'
  params: {
    token: token
    location: location
    tags: union(tags, { 'azd-service-name': 'app' })
    pythonVersion: pythonVersion
    instanceMemoryMB: instanceMemoryMB
    alwaysReadyDurable: alwaysReadyDurable
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageName: storage.outputs.name
    packageContainer: storage.outputs.packageContainer
    stateContainer: stateContainer
    insightsName: monitoring.outputs.insightsName
    connectorFile: connectorFile
    schedule: schedule
    housekeepingSchedule: housekeepingSchedule
    extraSettings: extraSettings
    subnetId: privateNetwork ? network!.outputs.appSubnetId : ''
  }
  dependsOn: [roles]
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  name: 'alerts'
  params: {
    token: token
    location: location
    tags: tags
    insightsId: monitoring.outputs.insightsId
    email: alertEmail
    silenceHours: silenceHours
  }
}

module directoryRoles 'graph-permissions.bicep' = if (grantDirectoryRoles) {
  scope: group
  name: 'directory-roles'
  params: {
    principalId: identity.outputs.principalId
    sharePoint: !sharePointCertificate
  }
}

output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_APP string = app.outputs.name
output UPA_URL string = app.outputs.url
output UPA_IDENTITY_CLIENT_ID string = identity.outputs.clientId
output UPA_IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId
output UPA_STATE_URL string = '${storage.outputs.blobEndpoint}${stateContainer}'
output UPA_VAULT string = vault.outputs.name
output UPA_DIRECTORY_ROLES_GRANTED bool = grantDirectoryRoles
