// Optional: a VNet for the app, with private endpoints for the storage account (blob, queue, table) and the vault, with a
// NAT gateway, or with both. Graph and SharePoint are public services, called over the internet from the gateway's
// address, or without one from addresses of Azure's. The app's HTTP API stays public.
param name string
param appSubnet string
param token string
param location string
param tags object
param storageName string
param vaultName string

@description('Private endpoints for storage, and for the vault where there is one.')
param isPrivate bool

param hasVault bool

@description('What the app calls is called from one public address.')
param natGateway bool

@description('Address space of the VNet.')
param addressPrefix string = '10.80.0.0/24'

@description('Address space of the subnet that the app is joined to; each instance takes an address.')
param appPrefix string = '10.80.0.0/26'

@description('Address space of the private endpoints.')
param endpointPrefix string = '10.80.0.64/26'

var storageEndpoints = [
  { name: 'blob', target: storage.id, zone: 'privatelink.blob.${environment().suffixes.storage}' }
  { name: 'queue', target: storage.id, zone: 'privatelink.queue.${environment().suffixes.storage}' }
  { name: 'table', target: storage.id, zone: 'privatelink.table.${environment().suffixes.storage}' }
]
var vaultEndpoints = hasVault ? [
  { name: 'vault', target: vault.id, zone: replace(environment().suffixes.keyvaultDns, '.vault.', 'privatelink.vaultcore.') }
] : []
var endpoints = isPrivate ? concat(storageEndpoints, vaultEndpoints) : []

resource storage 'Microsoft.Storage/storageAccounts@2026-06-01' existing = {
  name: storageName
}

resource vault 'Microsoft.KeyVault/vaults@2026-05-15' existing = {
  name: vaultName
}

resource address 'Microsoft.Network/publicIPAddresses@2026-03-01' = if (natGateway) {
  name: 'pip-upa-${token}'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIPAllocationMethod: 'Static' }
}

resource gateway 'Microsoft.Network/natGateways@2026-03-01' = if (natGateway) {
  name: 'ng-upa-${token}'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: {
    publicIpAddresses: [
      { id: address.id }
    ]
  }
}

resource vnet 'Microsoft.Network/virtualNetworks@2026-03-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
  }
}

// Flex Consumption wants this delegation, and a subnet of its own. Without a gateway the subnet asks for the default
// outbound access that Azure no longer gives to new networks by itself: the app calls Graph and SharePoint.
resource joined 'Microsoft.Network/virtualNetworks/subnets@2026-03-01' = {
  parent: vnet
  name: appSubnet
  properties: {
    addressPrefix: appPrefix
    defaultOutboundAccess: !natGateway
    natGateway: natGateway ? { id: gateway.id } : null
    delegations: [
      { name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }
    ]
  }
}

resource endpointSubnet 'Microsoft.Network/virtualNetworks/subnets@2026-03-01' = if (isPrivate) {
  parent: vnet
  name: 'endpoints'
  properties: {
    addressPrefix: endpointPrefix
    defaultOutboundAccess: false
    privateEndpointNetworkPolicies: 'Disabled'
  }
  dependsOn: [joined]
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [for endpoint in endpoints: {
  name: endpoint.zone
  location: 'global'
  tags: tags
}]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for (endpoint, index) in endpoints: {
  parent: zones[index]
  name: 'link-${endpoint.name}'
  location: 'global'
  properties: {
    registrationEnabled: false
    virtualNetwork: { id: vnet.id }
  }
}]

resource privateEndpoints 'Microsoft.Network/privateEndpoints@2026-03-01' = [for endpoint in endpoints: {
  name: 'pe-upa-${endpoint.name}-${token}'
  location: location
  tags: tags
  properties: {
    subnet: { id: endpointSubnet.id }
    privateLinkServiceConnections: [
      {
        name: endpoint.name
        properties: {
          privateLinkServiceId: endpoint.target
          groupIds: [endpoint.name]
        }
      }
    ]
  }
}]

resource zoneGroups 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2026-03-01' = [for (endpoint, index) in endpoints: {
  parent: privateEndpoints[index]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      { name: endpoint.name, properties: { privateDnsZoneId: zones[index].id } }
    ]
  }
}]
