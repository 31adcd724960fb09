// What `azd up` deploys where nothing but name, region and operator is set.
using '../../../infra/main.bicep'

param environmentName = 'example'
param location = 'westeurope'
param operatorObjectId = '00000000-0000-0000-0000-000000000003'
param storageByAddress = false // as in the public cloud, which a snapshot doesn't know
