// Everything that is off by default, but the directory roles: a snapshot with resources of Graph can't be validated.
using '../../../infra/main.bicep'

param environmentName = 'example'
param location = 'westeurope'
param operatorObjectId = '00000000-0000-0000-0000-000000000003'
param operatorType = 'Group'
param connectorFile = 'blob:config/upa.yaml'
param extraSettings = { TEAMS_WEBHOOK: '@Microsoft.KeyVault(VaultName=kv-example;SecretName=teams-webhook)' }
param alertEmail = 'identity-team@contoso.com'
param alwaysReadyDurable = 0
param privateNetwork = true
param natGateway = true
param storageByAddress = true
param sharePointCertificate = true
param secretsVault = true
param entraClientId = '00000000-0000-0000-0000-000000000004'
