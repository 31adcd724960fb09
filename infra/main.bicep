// One environment of the pipeline: a resource group with everything in it. Plain resources, no registry modules
// (docs/adr/0006-plain-bicep-resources.md). Compiled and checked by tests/infra; never deployed from this repository.
//
// Names are made once, here, so that `azd provision --preview` knows them before anything exists. A module looks up by
// name what another one makes, and says so in dependsOn: nothing else would make it wait.
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

@description('Replication of the storage account; Standard_LRS where the region has no zones.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageSku string = 'Standard_ZRS'

@description('Private endpoints for storage and Key Vault, and a VNet for the app; no public access to either.')
param privateNetwork bool = false

@description('A NAT gateway with an address of its own for what the app calls, and a VNet for it.')
param natGateway bool = false

@description('The host finds its storage by service addresses instead of the account name: in national clouds, and with DNS of your own.')
param storageByAddress bool = environment().name != 'AzureCloud'

@description('Grant the Graph and SharePoint app roles to the identity. Whoever deploys needs the rights (docs/how-to).')
param grantDirectoryRoles bool = false

@description('SharePoint is signed in to with a certificate from Key Vault instead of the managed identity.')
param sharePointCertificate bool = false

@description('A Key Vault for secrets that app settings refer to. A certificate gets one without it.')
param secretsVault bool = false

@description('Bring the deleted Key Vault of this environment back. True fails where none was deleted, false where one was: scripts/preprovision sets it.')
param recoverVault bool = false

@description('Client id of the app registration that callers of the HTTP API sign in to; empty: function keys alone.')
param entraClientId string = ''

var token = uniqueString(subscription().id, environmentName, location)
var tags = { 'azd-env-name': environmentName }
var names = {
  identity: 'id-upa-${token}'
  workspace: 'log-upa-${token}'
  insights: 'appi-upa-${token}'
  storage: 'stupa${token}'
  stateContainer: 'upa'
  packageContainer: 'app-package'
  operators: 'ag-upa-${token}'
  vault: 'kv-${token}'
  vnet: 'vnet-upa-${token}'
  appSubnet: 'app'
  plan: 'plan-upa-${token}'
  app: 'func-upa-${token}'
}
var hasVault = sharePointCertificate || secretsVault
var hasNetwork = privateNetwork || natGateway

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  name: 'identity'
  params: {
    name: names.identity
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  name: 'monitoring'
  params: {
    workspaceName: names.workspace
    insightsName: names.insights
    location: location
    tags: tags
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  name: 'storage'
  params: {
    name: names.storage
    location: location
    tags: tags
    stateContainer: names.stateContainer
    packageContainer: names.packageContainer
    sku: storageSku
    isPrivate: privateNetwork
    workspaceName: names.workspace
  }
  dependsOn: [monitoring]
}

module vault 'modules/vault.bicep' = if (hasVault) {
  scope: group
  name: 'vault'
  params: {
    name: names.vault
    location: location
    tags: tags
    recover: recoverVault
    isPrivate: privateNetwork
    workspaceName: names.workspace
  }
  dependsOn: [monitoring]
}

module operatorRoles 'modules/operator-roles.bicep' = if (!empty(operatorObjectId)) {
  scope: group
  name: 'operator-roles'
  params: {
    principalId: operatorObjectId
    principalType: operatorType
    makesCertificates: sharePointCertificate
    storageName: names.storage
    stateContainer: names.stateContainer
    vaultName: names.vault
  }
  dependsOn: [storage, vault]
}

module roles 'modules/roles.bicep' = {
  scope: group
  name: 'roles'
  params: {
    // The one value that only Azure knows, and it names the assignments: an identity that was deleted and made again is
    // another principal, and Azure refuses to change the principal of an assignment. A preview shows no name for them.
    #disable-next-line what-if-short-circuiting
    principalId: identity.outputs.principalId
    readsSecrets: secretsVault
    storageName: names.storage
    vaultName: names.vault
    insightsName: names.insights
  }
  dependsOn: [monitoring, storage, vault]
}

module network 'modules/network.bicep' = if (hasNetwork) {
  scope: group
  name: 'network'
  params: {
    name: names.vnet
    appSubnet: names.appSubnet
    token: token
    location: location
    tags: tags
    natGateway: natGateway
    isPrivate: privateNetwork
    hasVault: hasVault
    storageName: names.storage
    vaultName: names.vault
  }
  dependsOn: [storage, vault]
}

module app 'modules/function-app.bicep' = {
  scope: group
  name: 'function-app'
  params: {
    name: names.app
    planName: names.plan
    location: location
    tags: union(tags, { 'azd-service-name': 'app' })
    pythonVersion: pythonVersion
    instanceMemoryMB: instanceMemoryMB
    alwaysReadyDurable: alwaysReadyDurable
    identityName: names.identity
    storageName: names.storage
    storageByAddress: storageByAddress
    packageContainer: names.packageContainer
    stateContainer: names.stateContainer
    insightsName: names.insights
    connectorFile: connectorFile
    schedule: schedule
    housekeepingSchedule: housekeepingSchedule
    extraSettings: extraSettings
    entraClientId: entraClientId
    vnetName: hasNetwork ? names.vnet : ''
    subnetName: names.appSubnet
  }
  dependsOn: [identity, monitoring, network, roles, storage]
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  name: 'alerts'
  params: {
    token: token
    location: location
    tags: tags
    operatorsName: names.operators
    workspaceName: names.workspace
    insightsName: names.insights
    email: alertEmail
    silenceHours: silenceHours
  }
  dependsOn: [monitoring]
}

module workbook 'modules/workbook.bicep' = {
  scope: group
  name: 'workbook'
  params: {
    location: location
    tags: tags
    insightsName: names.insights
  }
  dependsOn: [monitoring]
}

module auditAlerts 'modules/audit-alerts.bicep' = {
  scope: group
  name: 'audit-alerts'
  params: {
    operatorsName: names.operators
    token: token
    tags: tags
  }
  dependsOn: [alerts]
}

// Last: a directory takes minutes to know a new identity, and refuses it until then. Whatever is refused here, the rest
// of the environment stands, and the next `azd provision` grants it.
module directoryRoles 'graph-permissions.bicep' = if (grantDirectoryRoles) {
  scope: group
  name: 'directory-roles'
  params: {
    principalId: identity.outputs.principalId
    sharePoint: !sharePointCertificate
  }
  dependsOn: [app, auditAlerts, operatorRoles, workbook]
}

output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_APP string = names.app
output UPA_URL string = app.outputs.url
output UPA_IDENTITY_CLIENT_ID string = identity.outputs.clientId
output UPA_IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId
output UPA_STATE_URL string = app.outputs.stateUrl
output UPA_VAULT string = hasVault ? names.vault : ''
output UPA_DIRECTORY_ROLES_GRANTED bool = grantDirectoryRoles
