// Alerts on the events of the code (upa_core/domain/health/events.py): the message of a trace is the event's name, its fields
// are custom dimensions upa_<field>. tests/infra/test_alerts.py holds both ends together; what to do is in
// docs/how-to/respond-to-alerts.md, one section for each rule.
param operatorsName string
param workspaceName string
param token string
param location string
param tags object
param insightsName string

@description('Address that alerts are mailed to; empty: nobody.')
param email string

@description('Hours without a successful run after which a connector counts as silent.')
param silenceHours int

@description('Window in which at least one round must have been sealed, above the slowest rhythm of the connector file.')
@allowed(['PT1H', 'PT2H', 'PT3H', 'PT4H', 'PT5H', 'PT6H', 'P1D', 'P2D'])
param pullWindow string = 'PT6H'

@description('People escrowed within a day from which on it is told.')
param escrowedPeopleADay int = 100

@description('Hand-overs of one round within a day from which on it is told; ten million people take about a dozen.')
param handoversADay int = 96

// One rule each: fires when more than `above` of the events came within the window, per connector. `told` are the fields
// that say why; a field that none of the events has would leave the mail empty.
var eventRules = [
  { name: 'run-failed', severity: 2, events: ['upa.run.failed'], above: 0, window: 'PT1H', told: ['why'], title: 'A run failed; it is retried by itself' }
  { name: 'plan-held', severity: 2, events: ['upa.plan.held', 'upa.hold.expired'], above: 0, window: 'PT1H', told: ['why'], title: 'A plan is over the change threshold and waits for a decision' }
  { name: 'quarantined', severity: 1, events: ['upa.connector.quarantined'], above: 0, window: 'PT1H', told: ['reason', 'detail'], title: 'A connector is in quarantine' }
  { name: 'switched-off', severity: 1, events: ['upa.connector.switched_off'], above: 0, window: 'PT1H', told: ['reason', 'detail'], title: 'A connector was switched off after 28 days in quarantine' }
  { name: 'import-job-stalled', severity: 2, events: ['upa.import_job.stalled', 'upa.import_job.abandoned'], above: 0, window: 'PT1H', told: ['state', 'reason'], title: 'An import job is stalled or was given up' }
  { name: 'file-looked-up', severity: 2, events: ['upa.file.looked_up'], above: 3, window: 'PT6H', told: ['reason'], title: 'SharePoint leaves queue calls without an answer' }
  { name: 'pull-paused', severity: 3, events: ['upa.pull.paused'], above: 8, window: 'PT6H', told: ['reason'], title: 'Microsoft Graph keeps asking for pauses' }
  { name: 'resync', severity: 3, events: ['upa.round.resync', 'upa.watermark.old'], above: 0, window: 'PT6H', told: ['code', 'age_hours'], title: 'The watermark was refused or grows old' }
  { name: 'trigger-failed', severity: 2, events: ['upa.trigger.failed'], above: 1, window: 'PT1H', told: ['error', 'reason'], title: 'A trigger ends in an error for a connector' }
  { name: 'escrow-old', severity: 3, events: ['upa.escrow.old'], above: 0, window: 'P1D', told: ['reason'], title: 'People have been in escrow for long' }
  { name: 'freshness-missed', severity: 3, events: ['upa.freshness.missed'], above: 2, window: 'PT6H', told: ['why'], title: 'Changes take longer than the connector promises' }
  { name: 'clean-postponed', severity: 3, events: ['upa.clean.postponed'], above: 12, window: 'P1D', told: ['reason', 'left'], title: 'Import files stay in the library' }
  { name: 'wake-up-lost', severity: 3, events: ['upa.wake_up.lost'], above: 12, window: 'P1D', told: ['reason'], title: 'Wake-ups get lost; only the timer drives the pipeline' }
  { name: 'watch-overdue', severity: 3, events: ['upa.watch.overdue'], above: 0, window: 'PT6H', told: ['reason', 'instance'], title: 'Nobody watched an import job for an hour; the timer did' }
  { name: 'step-given-up', severity: 2, events: ['upa.step.given_up'], above: 0, window: 'PT1H', told: ['step', 'instead'], title: 'A step failed again and again and was given up' }
  { name: 'hold-decided', severity: 3, events: ['upa.hold.decided'], above: 0, window: 'PT1H', told: ['decision', 'by'], title: 'Somebody approved or rejected a held plan' }
  { name: 'controlled', severity: 3, events: ['upa.connector.controlled'], above: 0, window: 'PT1H', told: ['control', 'by'], title: 'Somebody paused, resumed, reset or ran a connector' }
]

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2026-03-01' existing = {
  name: workspaceName
}

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: operatorsName
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'upa'
    enabled: true
    emailReceivers: empty(email) ? [] : [
      { name: 'operators', emailAddress: email, useCommonAlertSchema: true }
    ]
  }
}

resource onEvents 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [for rule in eventRules: {
  name: 'upa-${rule.name}-${token}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'upa: ${rule.title}'
    description: 'docs/how-to/respond-to-alerts.md#${rule.name}'
    severity: rule.severity
    enabled: true
    scopes: [insights.id]
    evaluationFrequency: 'PT15M'
    windowSize: rule.window
    autoMitigate: true
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: 'traces | where message in ("${join(rule.events, '", "')}") | project timestamp, event = message, connector = tostring(customDimensions.upa_connector), run = tostring(customDimensions.upa_run), why = strcat(customDimensions.upa_${join(rule.told, ', " ", customDimensions.upa_')})'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: rule.above
          dimensions: [
            { name: 'connector', operator: 'Include', values: ['*'] }
          ]
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: [operators.id] }
  }
}]

resource escrowGrowing 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = {
  name: 'upa-escrow-growing-${token}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'upa: Many people went into escrow within a day'
    description: 'docs/how-to/respond-to-alerts.md#escrow-growing'
    severity: 3
    enabled: true
    scopes: [insights.id]
    evaluationFrequency: 'PT1H'
    windowSize: 'P1D'
    autoMitigate: true
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: 'traces | where message == "upa.person.escrowed" and customDimensions.upa_reason !in ("profile_not_created", "user_name_changed", "over_budget") | summarize people = sum(toint(customDimensions.upa_people)) by connector = tostring(customDimensions.upa_connector)'
          timeAggregation: 'Total'
          metricMeasureColumn: 'people'
          operator: 'GreaterThan'
          threshold: escrowedPeopleADay
          dimensions: [
            { name: 'connector', operator: 'Include', values: ['*'] }
          ]
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: [operators.id] }
  }
}

resource endlessRound 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = {
  name: 'upa-endless-round-${token}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'upa: A round is handed over again and again'
    description: 'docs/how-to/respond-to-alerts.md#endless-round'
    severity: 2
    enabled: true
    scopes: [insights.id]
    evaluationFrequency: 'PT1H'
    windowSize: 'P1D'
    autoMitigate: true
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: 'traces | where message == "upa.round.continued" | summarize handovers = count() by connector = tostring(customDimensions.upa_connector), round = tostring(customDimensions.upa_run)'
          timeAggregation: 'Maximum'
          metricMeasureColumn: 'handovers'
          operator: 'GreaterThan'
          threshold: handoversADay
          dimensions: [
            { name: 'connector', operator: 'Include', values: ['*'] }
          ]
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: [operators.id] }
  }
}

// An environment that is younger than 36 hours may have had no night for it yet. Not 47: with a slow rhythm no event need lie
// within one certain hour.
resource housekeepingMissing 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = {
  name: 'upa-housekeeping-missing-${token}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'upa: Housekeeping was not done for 2 days'
    description: 'docs/how-to/respond-to-alerts.md#housekeeping-missing'
    severity: 2
    enabled: true
    scopes: [insights.id]
    evaluationFrequency: 'PT1H'
    windowSize: 'P1D'
    overrideQueryTimeRange: 'P2D'
    autoMitigate: true
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: 'traces | where timestamp > ago(2d) and message startswith "upa." | extend connector = tostring(customDimensions.upa_connector) | where isnotempty(connector) | summarize since = min(timestamp), done = countif(message == "upa.housekeeping.done") by connector | where done == 0 and since < ago(36h)'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: [
            { name: 'connector', operator: 'Include', values: ['*'] }
          ]
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: [operators.id] }
  }
}

// What came after the cap is lost: no rule above fires any more on that day.
resource dailyCap 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = {
  name: 'upa-daily-cap-${token}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'upa: The daily cap of logs is reached: alerts are blind until it ends'
    description: 'docs/how-to/respond-to-alerts.md#daily-cap'
    severity: 1
    enabled: true
    scopes: [workspace.id]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT1H'
    autoMitigate: true
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: '_LogOperation | where Category =~ "Ingestion" and Detail has "OverQuota" | project TimeGenerated, Detail'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: [operators.id] }
  }
}

// Success: a run ended, nothing differed, or the directory had nothing new. A held, paused or staging connector is silent too.
resource silence 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = {
  name: 'upa-silence-${token}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'upa: A connector had no successful run for ${silenceHours} hours'
    description: 'docs/how-to/respond-to-alerts.md#silence'
    severity: 1
    enabled: true
    scopes: [insights.id]
    evaluationFrequency: 'PT1H'
    windowSize: 'P1D'
    overrideQueryTimeRange: 'P2D'
    autoMitigate: true
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: 'traces | where timestamp > ago(2d) and message startswith "upa." | extend connector = tostring(customDimensions.upa_connector) | where isnotempty(connector) | extend success = message in ("upa.run.ended", "upa.plan.empty") or (message == "upa.round.sealed" and toint(customDimensions.upa_rows) == 0) | summarize success = max(iff(success, timestamp, datetime(null))) by connector | where isnull(success) or success < ago(${silenceHours}h)'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: [
            { name: 'connector', operator: 'Include', values: ['*'] }
          ]
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: [operators.id] }
  }
}

// `summarize count()` gives one row even when nothing came, so the rule also fires on an empty log: the app is dead, the
// timer is frozen, or telemetry is broken.
resource noPull 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = {
  name: 'upa-no-pull-${token}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'upa: Nothing is pulled at all'
    description: 'docs/how-to/respond-to-alerts.md#no-pull'
    severity: 1
    enabled: true
    scopes: [insights.id]
    evaluationFrequency: 'PT15M'
    windowSize: pullWindow
    autoMitigate: true
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: 'traces | where message in ("upa.round.sealed", "upa.round.continued") | summarize rounds = count()'
          timeAggregation: 'Total'
          metricMeasureColumn: 'rounds'
          operator: 'LessThan'
          threshold: 1
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: [operators.id] }
  }
}

resource exceptions 'Microsoft.Insights/metricAlerts@2026-01-01' = {
  name: 'upa-exceptions-${token}'
  location: 'global'
  tags: tags
  properties: {
    description: 'docs/how-to/respond-to-alerts.md#exceptions'
    severity: 2
    enabled: true
    scopes: [insights.id]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT1H'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'exceptions'
          metricNamespace: 'microsoft.insights/components'
          metricName: 'exceptions/count'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 10
        }
      ]
    }
    actions: [
      { actionGroupId: operators.id }
    ]
  }
}
