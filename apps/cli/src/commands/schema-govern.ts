import { lintSeverities, subjectLifecycles, type LintSeverity, type SubjectLifecycle } from '@plinth/contracts'
import { Argument, InvalidArgumentError, type Command } from 'commander'
import pc from 'picocolors'
import { list } from '../arguments.ts'
import { exitCode } from '../exit-codes.ts'
import { ago, count, show, table, type Output } from '../output.ts'
import { readSchema, references, schemaKind, type SchemaFile } from '../schema-file.ts'
import { findingsText } from '../schema-text.ts'
import { CliError } from '../cli-error.ts'
import { connect, type Api } from '../session.ts'
import { projectFrom } from '../target.ts'

type Project = { project?: string }
type Governance = Awaited<ReturnType<Api['getSubjectGovernance']>>
type Rules = Awaited<ReturnType<Api['listSchemaRules']>>
type Setting = Rules['settings'][number]
type Classifications = Awaited<ReturnType<Api['listSchemaClassifications']>>
type Step = Project & { retireOn?: string; replacement?: string; note?: string }
type RuleOptions = Project & { in?: string; style?: string; words?: string[] }
type FileOptions = Project & {
  in?: string
  type?: SchemaFile['type']
  reference?: NonNullable<SchemaFile['references']>
}

function governanceText({
  subject,
  owner,
  contact,
  description,
  lifecycle,
  tags,
  fields,
  consumers,
}: Governance): string {
  const { state, since, by, retireOn, replacement, note } = lifecycle
  return [
    `${pc.bold(subject)}  ${state}${retireOn ? `, to be gone by ${retireOn}` : ''}${replacement ? `, go to ${replacement}` : ''}${since ? pc.dim(` since ${ago(since)} by ${by ?? ''}`) : ''}`,
    ...(note ? [note] : []),
    owner ? `owned by ${owner}${contact ? ` (${contact})` : ''}` : 'no owner',
    ...(description === '' ? [] : [description]),
    ...(tags.length > 0 ? [`tags: ${tags.join(', ')}`] : []),
    ...fields.map((one) => `  ${pc.bold(one.path)} ${one.tags.join(', ')}${one.written.length > 0 ? pc.dim(` (${one.written.join(', ')} in the schema)`) : ''}`),
    ...(consumers.length > 0 ? [pc.dim(`${count(consumers.length, 'deployed reader')}: ${consumers.map((one) => `${one.project}/${one.component} in ${one.environment}`).join(', ')}`)] : []),
  ].join('\n') // prettier-ignore
}

function day(text: string): string {
  const read = new Date(`${text}T00:00:00Z`)
  if (Number.isNaN(read.getTime()) || read.toISOString().slice(0, 10) !== text)
    throw new InvalidArgumentError('it is a day, as 2027-03-31')
  return text
}

function subjectCommands(schema: Command, output: () => Output): void {
  schema
    .command('lifecycle <subject>')
    .addArgument(new Argument('<state>').choices(subjectLifecycles))
    .description('drafts stay out of production; deprecated takes nobody new; retired takes nothing')
    .option('--project <name>')
    .option('--retire-on <day>', 'for deprecated: from when nothing new may be deployed with it', day)
    .option('--replacement <subject>', 'where to go')
    .option('--note <text>')
    .action(async (subject: string, state: SubjectLifecycle, { project, ...more }: Step) => {
      const params = { project: projectFrom(project), subject }
      show(output(), await connect().setSubjectLifecycle({ params, body: { state, ...more } }), governanceText)
    })
  schema
    .command('own <subject> <owner>')
    .description('say whose it is: component:payments/ledger, group:payments/leads, or none')
    .option('--project <name>')
    .option('--description <text>', 'what the subject is')
    .action(async (subject: string, owner: string, options: Project & { description?: string }) => {
      const params = { project: projectFrom(options.project), subject }
      const { description } = options
      const body = { owner: owner === 'none' ? null : owner, ...(description !== undefined && { description }) }
      show(output(), await connect().updateSubjectGovernance({ params, body }), governanceText)
    })
  schema
    .command('tag <subject> <tags>')
    .description('set the tags of a subject or of one field, with commas between; none takes them away')
    .option('--project <name>')
    .option('--field <path>', 'of this field: entry.lines[].iban')
    .action(async (subject: string, text: string, options: Project & { field?: string }) => {
      const params = { project: projectFrom(options.project), subject }
      const { field } = options
      const tags = text === 'none' ? [] : list(text)
      const api = connect()
      if (field === undefined)
        return show(output(), await api.updateSubjectGovernance({ params, body: { tags } }), governanceText)
      const { fields } = await api.getSubjectGovernance({ params })
      const others = fields.flatMap(({ path, tags: all, written }) => {
        const set = all.filter((tag) => !written.includes(tag))
        return path === field || set.length === 0 ? [] : [{ path, tags: set }]
      })
      const body = { fields: [...others, ...(tags.length > 0 ? [{ path: field, tags }] : [])] }
      show(output(), await api.setSubjectFieldTags({ params, body }), governanceText)
    })
}

const painted = (severity: LintSeverity): string =>
  severity === 'error' ? pc.red(severity) : severity === 'warn' ? pc.yellow(severity) : pc.dim(severity)

const rulesText = ({ rules }: Rules): string =>
  table(
    ['RULE', 'SEVERITY', 'IN ENVIRONMENTS', 'STYLE', 'WHAT'],
    rules.map(({ rule, severity, environments, style, title }) => [
      rule,
      painted(severity),
      Object.entries(environments).map(([name, one]) => `${name} ${one}`).join(', '),
      style ?? '',
      title,
    ]),
  ) // prettier-ignore

async function changeRules(
  output: Output,
  project: string,
  change: (settings: readonly Setting[]) => Setting[],
): Promise<void> {
  // prettier-ignore
  const api = connect()
  const params = { project }
  const { settings } = await api.listSchemaRules({ params })
  show(output, await api.setSchemaRules({ params, body: { rules: change(settings) } }), rulesText)
}

function ruleCommands(schema: Command, output: () => Output): void {
  const rules = schema.command('rules').description('what a project demands of its schemas: list, set, reset')
  rules
    .command('list', { isDefault: true })
    .description('the rules, and how severe each is in the project and its environments')
    .option('--project <name>')
    .action(async (options: Project) => {
      show(output(), await connect().listSchemaRules({ params: { project: projectFrom(options.project) } }), rulesText)
    })
  const isOf =
    (rule: string, place: string | undefined) =>
    (one: Setting): boolean =>
      one.rule === rule && one.environment === place
  rules
    .command('set <rule>')
    .addArgument(new Argument('<severity>').choices(lintSeverities))
    .description('error refuses at registration; in an environment, at its deployment gate')
    .option('--project <name>')
    .option('--in <environment>', 'in this environment only')
    .option('--style <style>', 'for a rule of names')
    .option('--words <words>', 'for a rule that looks for words, with commas between', list)
    .action((rule: string, severity: LintSeverity, { project, in: environment, style, words }: RuleOptions) =>
      changeRules(output(), projectFrom(project), (settings) => {
        const known = settings.find(isOf(rule, environment))
        const more = { ...(style !== undefined && { style }), ...(words !== undefined && { words }) }
        const made: Setting = { ...known, rule, severity, ...(environment !== undefined && { environment }), ...more }
        return [...settings.filter((one) => one !== known), made]
      }),
    )
  rules
    .command('reset <rule>')
    .description('as it is by default, or in an environment as in the project')
    .option('--project <name>')
    .option('--in <environment>')
    .action((rule: string, { project, in: environment }: RuleOptions) =>
      changeRules(output(), projectFrom(project), (settings) =>
        settings.filter((one) => !isOf(rule, environment)(one)),
      ),
    )
  schema
    .command('lint <subject> <file>')
    .description('what the rules say of a schema; exit 1 where one refuses it')
    .option('--project <name>')
    .option('--type <type>', 'the language, where the file does not tell it', schemaKind)
    .option('--reference <name=subject:version>', 'what the schema refers to; can be given several times', references)
    .option('--in <environment>', 'by the rules of this environment')
    .action(async (subject: string, file: string, options: FileOptions) => {
      const params = { project: projectFrom(options.project), subject }
      const query = { ...(options.in !== undefined && { environment: options.in }) }
      const result = await connect().lintSchema({ params, query, body: readSchema(file, options) })
      show(output(), result, ({ accepted, findings }) =>
        [`${accepted ? pc.green('●') : pc.red('■')} ${subject}: ${findings.length === 0 ? 'nothing to say' : count(findings.length, 'finding')}`, ...findingsText(findings)].join('\n'),
      )
      if (!result.accepted) process.exitCode = exitCode('failed')
    }) // prettier-ignore
}

const classificationsText = ({ classifications }: Classifications): string =>
  classifications.length === 0
    ? 'No tag restricts where data may go.'
    : table(
        ['TAG', 'ENVIRONMENTS', 'PROJECTS', 'WHY'],
        classifications.map((one) => [one.tag, one.environments?.join(', ') ?? 'all', one.projects?.join(', ') ?? 'all', one.description]),
      ) // prettier-ignore

function classifyCommands(schema: Command, output: () => Output): void {
  const classify = schema.command('classify').description('where data with a tag may go: list, set, remove')
  classify
    .command('list', { isDefault: true })
    .option('--project <name>')
    .description('the tags that restrict it')
    .action(async (options: Project) => {
      const params = { project: projectFrom(options.project) }
      show(output(), await connect().listSchemaClassifications({ params }), classificationsText)
    })
  const change = async (project: string, tag: string, made: Classifications['classifications'][number] | undefined) => {
    const api = connect()
    const params = { project }
    const { classifications } = await api.listSchemaClassifications({ params })
    const others = classifications.filter((one) => one.tag !== tag)
    if (made === undefined && others.length === classifications.length)
      throw new CliError(`${project} has no classification '${tag}'.`, exitCode('notFound'))
    const body = { classifications: [...others, ...(made === undefined ? [] : [made])] }
    show(output(), await api.setSchemaClassifications({ params, body }), classificationsText)
  }
  classify
    .command('set <tag>')
    .description('subjects with such a field are written and read there only; the deployment gate keeps it')
    .option('--project <name>')
    .option('--environments <names>', 'with commas between; all unless given', list)
    .option('--projects <names>', 'other projects that may use it, with commas between; all unless given', list)
    .requiredOption('--description <text>', 'why')
    .action((tag: string, options: Project & { environments?: string[]; projects?: string[]; description: string }) => {
      const { project, ...classification } = options
      return change(projectFrom(project), tag, { tag, ...classification })
    })
  classify
    .command('remove <tag>')
    .description('it restricts nothing any more')
    .option('--project <name>')
    .action((tag: string, options: Project) => change(projectFrom(options.project), tag, undefined))
}

export function schemaGovernCommands(schema: Command, output: () => Output): void {
  subjectCommands(schema, output)
  ruleCommands(schema, output)
  classifyCommands(schema, output)
}
