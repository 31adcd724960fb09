// A page in Azure Monitor over the events of the code: infra/workbook.json. tests/infra/test_queries.py reads its queries.
param location string
param tags object
param insightsName string

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'workbook', insightsName)
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'upa-sync ${insightsName}'
    category: 'workbook'
    sourceId: insights.id
    serializedData: string(union(loadJsonContent('../workbook.json'), { fallbackResourceIds: [insights.id] }))
  }
}
