// The Flex Consumption plan and the function app. Settings that Flex ignores or refuses (FUNCTIONS_WORKER_RUNTIME,
// FUNCTIONS_EXTENSION_VERSION, WEBSITE_RUN_FROM_PACKAGE, ...) are left out on purpose: tests/infra/test_policy.py.
param name string
param planName string
param location string
param tags object
param pythonVersion string
param instanceMemoryMB int
param alwaysReadyDurable int
param identityName string
param storageName string

@description('The host finds its storage by service addresses, not by the account name.')
param storageByAddress bool

param packageContainer string
param stateContainer string
param insightsName string
param connectorFile string
param schedule string
param housekeepingSchedule string
param extraSettings object

@description('Client id of the app registration that callers sign in to; empty: function keys alone.')
param entraClientId string

@description('Network that the app is joined to; empty: none.')
param vnetName string

param subnetName string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource vnet 'Microsoft.Network/virtualNetworks@2026-03-01' existing = {
  name: vnetName
}

resource subnet 'Microsoft.Network/virtualNetworks/subnets@2026-03-01' existing = {
  parent: vnet
  name: subnetName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

var hosts = {
  blob: 'https://${storageName}.blob.${environment().suffixes.storage}'
  queue: 'https://${storageName}.queue.${environment().suffixes.storage}'
  table: 'https://${storageName}.table.${environment().suffixes.storage}'
}

// By name in the public cloud: hosts that were given addresses failed to start in May 2026 (azure-functions-host#11787),
// and Azure's own deployment action doesn't know the addresses. The name alone stands for the public cloud's hosts.
// AzureWebJobsStorage itself is never set, not even empty: the host would take it for a connection string.
var hostStorage = storageByAddress ? {
  AzureWebJobsStorage__blobServiceUri: hosts.blob
  AzureWebJobsStorage__queueServiceUri: hosts.queue
  AzureWebJobsStorage__tableServiceUri: hosts.table
} : {
  AzureWebJobsStorage__accountName: storageName
}

// UPA_* and AZURE_CLIENT_ID are read by upa_core/config/settings.py; the rest by the platform.
var stateUrl = '${hosts.blob}/${stateContainer}'
var settings = {
  UPA_CONFIG: connectorFile
  UPA_SCHEDULE: schedule
  UPA_HOUSEKEEPING_SCHEDULE: housekeepingSchedule
  UPA_STATE: stateUrl
  UPA_ENTRA_AUTH: empty(entraClientId) ? 'false' : 'true'
  AZURE_CLIENT_ID: identity.properties.clientId
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.properties.clientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
  PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY: 'true'
  PYTHON_APPLICATIONINSIGHTS_LOGGER_NAME: 'upa'
  OTEL_PYTHON_DISABLED_INSTRUMENTATIONS: 'azure_sdk,django,fastapi,flask,httpx,httpx2,psycopg2,requests,urllib,urllib3'
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    keyVaultReferenceIdentity: identity.id
    virtualNetworkSubnetId: empty(vnetName) ? null : subnet.id
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hosts.blob}/${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: 40
        alwaysReady: alwaysReadyDurable == 0 ? [] : [
          { name: 'durable', instanceCount: alwaysReadyDurable }
        ]
      }
      runtime: { name: 'python', version: pythonVersion }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      remoteDebuggingEnabled: false
    }
  }
}

// On before UPA_ENTRA_AUTH says so: until App Service strips X-MS-CLIENT-PRINCIPAL anybody could send it. Nothing here
// switches it off again.
resource signIn 'Microsoft.Web/sites/config@2025-03-01' = if (!empty(entraClientId)) {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: { enabled: true, runtimeVersion: '~1' }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: 'Return401'
      excludedPaths: ['/api/health']
    }
    httpSettings: { requireHttps: true }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: entraClientId
          openIdIssuer: uri(environment().authentication.loginEndpoint, '${tenant().tenantId}/v2.0')
        }
        validation: { allowedAudiences: [entraClientId, 'api://${entraClientId}'] }
      }
    }
    login: { tokenStore: { enabled: false } }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: union(extraSettings, hostStorage, settings)
  dependsOn: [signIn]
}

resource noFtpPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource noScmPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

output stateUrl string = stateUrl
output url string = 'https://${app.properties.defaultHostName}'
