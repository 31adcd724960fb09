// Optional: a VNet for the app, and private endpoints for the storage account (blob, queue, table) and the vault.
// Graph and SharePoint are public services and stay reachable over the internet; so does the app's HTTP API.
param token string
param location string
param tags object
param storageId string
param vaultId string

@description('Address space of the VNet.')
param addressPrefix string = '10.80.0.0/24'

@description('Address space of the subnet that the app is joined to; each instance takes an address.')
param appPrefix string = '10.80.0.0/26'

@description('Address space of the private endpoints.')
param endpointPrefix string = '10.80.0.64/26'

var endpoints = [
  { name: 'blob', resourceId: storageId, groupId: 'blob', zone: 'privatelink.blob.${environment().suffixes.storage}' }
  { name: 'queue', resourceId: storageId, groupId: 'queue', zone: 'privatelink.queue.${environment().suffixes.storage}' }
  { name: 'table', resourceId: storageId, groupId: 'table', zone: 'privatelink.table.${environment().suffixes.storage}' }
  { name: 'vault', resourceId: vaultId, groupId: 'vault', zone: replace(environment().suffixes.keyvaultDns, '.vault.', 'privatelink.vaultcore.') }
]

resource vnet 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: 'vnet-upa-${token}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
  }
}

// Flex Consumption wants this delegation, and a subnet of its own.
resource appSubnet 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' = {
  parent: vnet
  name: 'app'
  properties: {
    addressPrefix: appPrefix
    delegations: [
      { name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }
    ]
  }
}

resource endpointSubnet 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' = {
  parent: vnet
  name: 'endpoints'
  properties: {
    addressPrefix: endpointPrefix
    privateEndpointNetworkPolicies: 'Disabled'
  }
  dependsOn: [appSubnet]
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

resource privateEndpoints 'Microsoft.Network/privateEndpoints@2024-05-01' = [for endpoint in endpoints: {
  name: 'pe-upa-${endpoint.name}-${token}'
  location: location
  tags: tags
  properties: {
    subnet: { id: endpointSubnet.id }
    privateLinkServiceConnections: [
      {
        name: endpoint.name
        properties: {
          privateLinkServiceId: endpoint.resourceId
          groupIds: [endpoint.groupId]
        }
      }
    ]
  }
}]

resource zoneGroups 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [for (endpoint, index) in endpoints: {
  parent: privateEndpoints[index]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      { name: endpoint.name, properties: { privateDnsZoneId: zones[index].id } }
    ]
  }
}]

output appSubnetId string = appSubnet.id
