import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useAction } from '../../api/actions.ts'
import { type Question, useMay } from '../../api/may.ts'
import type { Answer } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { inputLook } from '../../ui/field.tsx'
import { Load } from '../../ui/load.tsx'
import { Section } from '../../ui/page.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { Classifications } from './classifications.tsx'

type Rule = Answer<'listSchemaRules'>['rules'][number]
type Severity = Rule['severity']
type Setting = Answer<'listSchemaRules'>['settings'][number]

const severities: readonly (readonly [Severity, string])[] = [
  ['off', 'off'],
  ['warn', 'warns'],
  ['error', 'refuses'],
]

/** The settings with the one of this rule in this place replaced, or taken away. */
const withOne = (
  settings: readonly Setting[],
  rule: Rule,
  environment: string | undefined,
  severity: Severity | undefined,
): Setting[] => {
  const isIt = (one: Setting): boolean => one.rule === rule.rule && one.environment === environment
  const was = settings.find(isIt)
  const others = settings.filter((one) => !isIt(one))
  if (severity === undefined) return others
  return [...others, { ...was, rule: rule.rule, severity, ...(environment !== undefined && { environment }) }]
}

function SeveritySelect(props: {
  label: string
  value: string
  unset?: string
  disabled: boolean
  onChange: (value: string) => void
}) {
  // prettier-ignore
  const { label, value, unset, disabled, onChange } = props
  return (
    <select
      aria-label={label}
      value={value}
      disabled={disabled}
      onChange={(event) => onChange(event.target.value)}
      className={`${inputLook} h-7! w-auto!`}
    >
      {unset !== undefined && <option value="">{unset}</option>}
      {severities.map(([severity, text]) => (
        <option key={severity} value={severity}>
          {text}
        </option>
      ))}
    </select>
  )
}

const wordOf = (severity: Severity): string => severities.find(([one]) => one === severity)?.[1] ?? severity

function RulesTable({
  project,
  rules,
  settings,
  mayGovern,
}: Answer<'listSchemaRules'> & { project: string; mayGovern: boolean }) {
  // prettier-ignore
  const environments = useQuery(ask('listEnvironments', { params: { project } })).data?.items ?? []
  const set = useAction('setSchemaRules', { stale: ['listSchemaRules'], done: 'The rule is set' })
  const change = (rule: Rule, environment: string | undefined, value: string): void => {
    const severity = severities.find(([one]) => one === value)?.[0]
    set.mutate({ params: { project }, body: { rules: withOne(settings, rule, environment, severity) } })
  }
  const disabled = !mayGovern || set.isPending
  const columns: readonly Column<Rule>[] = [
    {
      head: 'Rule',
      cell: ({ rule, title, description, style }) => (
        <>
          <span className="font-medium">{title}</span>{' '}
          <code className="text-xs text-quiet">
            {rule}
            {style !== undefined && `: ${style}`}
          </code>
          <p className="text-xs text-quiet">{description}</p>
        </>
      ),
    },
    {
      head: 'In the project',
      cell: (rule) => (
        <SeveritySelect
          label={`${rule.title}, in the project`}
          value={rule.severity}
          disabled={disabled}
          onChange={(value) => change(rule, undefined, value)}
        />
      ),
    },
    ...environments.map(({ name }): Column<Rule> => ({
      head: name,
      wide: true,
      cell: (rule) => (
        <SeveritySelect
          label={`${rule.title}, in ${name}`}
          value={rule.environments[name] ?? ''}
          unset={`as the project: ${wordOf(rule.severity)}`}
          disabled={disabled}
          onChange={(value) => change(rule, name, value)}
        />
      ),
    })),
  ]
  return <Table label="Rules for schemas" columns={columns} rows={rules} id={({ rule }) => rule} />
}

/** What schemas of the project must keep, and where data with a tag may go. */
export function RulesTab() {
  const { project } = useParams({ from: '/app/projects/$project/schemas/-/rules' })
  const rules = useQuery(ask('listSchemaRules', { params: { project } }))
  const needs: Question = { action: 'approve', object: 'schema', domain: project }
  const { allowed } = useMay(needs)
  return (
    <>
      <Section
        title="What a schema must keep"
        aside={allowed ? undefined : 'Whoever may approve schemas here sets it.'}
      >
        <Load of={rules}>{(data) => <RulesTable project={project} {...data} mayGovern={allowed} />}</Load>
      </Section>
      <Classifications project={project} needs={needs} />
    </>
  )
}
