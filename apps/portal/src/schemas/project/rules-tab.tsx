import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useAction } from '../../api/actions.ts'
import { type Question, useMay } from '../../api/may.ts'
import type { Answer, Input } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { inputLook } from '../../ui/field.tsx'
import { Load } from '../../ui/load.tsx'
import { Section } from '../../ui/page.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { Classifications } from './classifications.tsx'

type Rule = Answer<'listSchemaRules'>['rules'][number]
type Severity = Rule['severity']
type Set = Input<'setSchemaRules'>['body']['rules'][number]

const severities: readonly (readonly [Severity, string])[] = [
  ['off', 'off'],
  ['warn', 'warns'],
  ['error', 'refuses'],
]

/** All of it is said each time, so that what is left out is at its default again. */
const settingsOf = (rules: readonly Rule[]): Set[] =>
  rules.flatMap(({ rule, severity, environments, style, words }) => [
    { rule, severity, ...(style !== undefined && { style }), ...(words !== undefined && { words }) },
    ...Object.entries(environments).map(([environment, there]) => ({ rule, environment, severity: there })),
  ])

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

function RulesTable({ project, rules, mayGovern }: { project: string; rules: readonly Rule[]; mayGovern: boolean }) {
  const environments = useQuery(ask('listEnvironments', { params: { project } })).data?.items ?? []
  const set = useAction('setSchemaRules', { stale: ['listSchemaRules'], done: 'The rule is set' })
  const change = (rule: Rule, changed: Partial<Rule>): void =>
    set.mutate({ params: { project }, body: { rules: settingsOf(rules.map((one) => (one === rule ? { ...rule, ...changed } : one))) } }) // prettier-ignore
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
          onChange={(value) => change(rule, { severity: severities.find(([one]) => one === value)?.[0] ?? 'warn' })}
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
          onChange={(value) => {
            const severity = severities.find(([one]) => one === value)?.[0]
            const others = Object.fromEntries(Object.entries(rule.environments).filter(([one]) => one !== name))
            change(rule, { environments: severity ? { ...others, [name]: severity } : others })
          }}
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
        <Load of={rules}>{(data) => <RulesTable project={project} rules={data.rules} mayGovern={allowed} />}</Load>
      </Section>
      <Classifications project={project} needs={needs} />
    </>
  )
}
