// Alerts on what people do to the resource group in Azure itself, read from the activity log. Each record fires once, and
// there is nothing to resolve. docs/how-to/respond-to-alerts.md says what to do, one section for each rule.
param operatorsName string
param token string
param tags object

var watched = [
  {
    name: 'keys-listed'
    operations: [
      'Microsoft.Storage/storageAccounts/listKeys/action'
      'Microsoft.Storage/storageAccounts/regenerateKey/action'
      'Microsoft.Web/sites/host/listkeys/action'
      'Microsoft.Web/sites/functions/listkeys/action'
      'Microsoft.Web/sites/functions/listsecrets/action'
      'Microsoft.Web/sites/publishxml/action'
    ]
  }
  {
    name: 'roles-changed'
    operations: [
      'Microsoft.Authorization/roleAssignments/write'
      'Microsoft.Authorization/roleAssignments/delete'
    ]
  }
  {
    name: 'deployed'
    operations: [
      'Microsoft.Resources/deployments/write'
      'Microsoft.Web/sites/write'
      'Microsoft.Web/sites/config/write'
    ]
  }
]

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' existing = {
  name: operatorsName
}

resource onRecords 'Microsoft.Insights/activityLogAlerts@2026-01-01' = [for rule in watched: {
  name: 'upa-${rule.name}-${token}'
  location: 'global'
  tags: tags
  properties: {
    description: 'docs/how-to/respond-to-alerts.md#${rule.name}'
    enabled: true
    scopes: [resourceGroup().id]
    condition: {
      allOf: [
        { field: 'category', equals: 'Administrative' }
        { field: 'status', equals: 'Succeeded' }
        { field: 'operationName', containsAny: rule.operations }
      ]
    }
    actions: {
      actionGroups: [
        { actionGroupId: operators.id }
      ]
    }
  }
}]
