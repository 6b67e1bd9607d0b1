import { subjectLifecycles, type SchemaKind, type SubjectLifecycle } from '@plinth/contracts'
import { Option, type Command } from 'commander'
import pc from 'picocolors'
import { wholeNumber } from '../arguments.ts'
import { exitCode } from '../exit-codes.ts'
import { ago, count, show, table, type Output } from '../output.ts'
import { allOf } from '../pages.ts'
import { readPayloads } from '../schema-payloads.ts'
import { readSchema, references, schemaKind, type Reference } from '../schema-file.ts'
import { impactText, incompatibilitiesText, linesText } from '../schema-text.ts'
import { CliError } from '../cli-error.ts'
import { connect, type Api } from '../session.ts'
import { projectFrom } from '../target.ts'

type Project = { project?: string }
type Hit = Awaited<ReturnType<Api['searchSchemas']>>['items'][number]
type Difference = Awaited<ReturnType<Api['diffSchemaVersions']>>
type Lineage = Awaited<ReturnType<Api['getProjectLineage']>>
type Search = Project & { tag?: string; owner?: string; lifecycle?: SubjectLifecycle; type?: SchemaKind; limit: number }
type Impact = Project & { type?: SchemaKind; reference?: Reference[]; schemaVersion?: number; delete?: boolean; in?: string } // prettier-ignore

const foundIn = ({ matches }: Hit): string =>
  matches
    .slice(0, 3)
    .map((one) =>
      one.in === 'subject' ? 'its name' : one.in === 'field' ? one.text : `${one.in} ${one.text.slice(0, 60)}`,
    )
    .join(', ')

function searchCommand(schema: Command, output: () => Output): void {
  schema
    .command('search [words...]')
    .description('find subjects by name, field, documentation, tag or owner, in all projects that you may see')
    .option('--project <name>', 'in one project only')
    .option('--tag <tag>', 'of the subject or of one of its fields')
    .option('--owner <owner>', 'component:payments/ledger or group:payments/leads')
    .addOption(new Option('--lifecycle <state>').choices(subjectLifecycles))
    .option('--type <type>', 'the language', schemaKind)
    .option('--limit <n>', 'how many', wholeNumber, 50)
    .action(async (words: string[], { limit, ...filters }: Search) => {
      const api = connect()
      const asked = { ...filters, ...(words.length > 0 && { q: words.join(' ') }) }
      const { items, cut } = await allOf((page) => api.searchSchemas({ query: { ...asked, ...page } }), limit)
      show(output(), { items }, () =>
        items.length === 0
          ? 'Nothing of that is in the schemas that you may see.'
          : [
              table(
                ['SUBJECT', 'VERSION', 'TYPE', 'LIFECYCLE', 'OWNER', 'TAGS', 'FOUND IN'],
                items.map((one) => [`${one.project}/${one.subject}`, String(one.version), one.type, one.lifecycle, one.owner ?? '-', one.tags.join(' '), foundIn(one)]),
              ),
              ...(cut ? [pc.dim('There are more: --limit, or more words.')] : []),
            ].join('\n'),
      )
    }) // prettier-ignore
}

function diffText({ subject, from, to, fields, lines, linesTruncated, backward, forward }: Difference): string {
  const told = (name: string, { compatible, incompatibilities }: Difference['backward']): string[] => [
    `${compatible ? pc.green('●') : pc.red('■')} ${name}`,
    ...incompatibilitiesText(incompatibilities),
  ]
  const changes = fields.map(({ path, change, before, after, changed }) => [
    change === 'added' ? pc.green('+ added') : change === 'removed' ? pc.red('- removed') : '~ changed',
    path,
    [before?.type, after?.type].filter((type, at, all) => type !== undefined && all.indexOf(type) === at).join(' → '),
    changed.join(', '),
  ])
  return [
    `${pc.bold(subject)} from version ${from.version} to ${to.version}`,
    ...(changes.length > 0 ? ['', table(['', 'FIELD', 'TYPE', 'WHAT'], changes)] : []),
    '',
    ...(lines.every(({ kind }) => kind === 'same') ? [pc.dim('the texts are the same')] : linesText(lines)),
    ...(linesTruncated ? [pc.dim('… the texts are longer than what is shown')] : []),
    '',
    ...told(`who has version ${to.version} reads what version ${from.version} wrote`, backward),
    ...told(`who has version ${from.version} reads what version ${to.version} writes`, forward),
  ].join('\n')
}

function diffCommand(schema: Command, output: () => Output): void {
  schema
    .command('diff <subject> <from> [to]')
    .description('two versions side by side, and whether each reads what the other writes')
    .option('--project <name>')
    .action(async (subject: string, from: string, to: string | undefined, options: Project) => {
      const params = { project: projectFrom(options.project), subject }
      show(output(), await connect().diffSchemaVersions({ params, query: { from, to: to ?? 'latest' } }), diffText)
    })
}

function impactCommand(schema: Command, output: () => Output): void {
  schema
    .command('impact <subject> [file]')
    .description('which running instances a change would break, whose they are and where; exit 1 where any')
    .option('--project <name>')
    .option('--type <type>', 'the language, where the file does not tell it', schemaKind)
    .option('--reference <name=subject:version>', 'what the schema refers to; can be given several times', references)
    .option('--schema-version <n>', 'go to a version that there is; with --delete, delete it', wholeNumber)
    .option('--delete', 'delete the subject, or that version of it')
    .option('--in <environment>', 'in one environment only')
    .action(async (subject: string, file: string | undefined, options: Impact) => {
      const { schemaVersion: version } = options
      if (file === undefined && version === undefined && !options.delete)
        throw new CliError('Which change? Name a file, or --schema-version, or --delete.', exitCode('usage'))
      const body = {
        ...(file !== undefined && { schema: readSchema(file, options) }),
        ...(version !== undefined && { version }),
        ...(options.delete && { delete: true }),
        ...(options.in !== undefined && { environment: options.in }),
      }
      const params = { project: projectFrom(options.project), subject }
      const impact = await connect().analyzeImpact({ params, body })
      show(output(), impact, impactText)
      if (impact.breaks) process.exitCode = exitCode('failed')
    })
}

function lineageText({ nodes, edges, hidden, truncated }: Lineage): string {
  const nameOf = (id: string): string => {
    const node = nodes.find((one) => one.id === id)
    return node === undefined ? id : `${node.project}/${node.name}`
  }
  const ownerOf = (id: string): string => nodes.find((one) => one.id === id)?.owner ?? '-'
  const rows = edges.map(({ from, to, side, version, behind, state, environment, replicas, since }) => {
    const [component, subject] = side === 'produces' ? [from, to] : [to, from]
    return [
      nameOf(component),
      side === 'produces' ? 'writes →' : 'reads  ←',
      nameOf(subject),
      `${version}${behind > 0 ? pc.yellow(` (${behind} behind)`) : ''}`,
      state === 'declared' ? pc.dim('score.yaml') : (environment ?? ''),
      replicas === undefined ? '' : String(replicas),
      ownerOf(component),
      ago(since),
    ]
  })
  return [
    rows.length === 0
      ? 'Nothing writes or reads these schemas: no score.yaml declares it, and nothing is deployed with them.'
      : table(['COMPONENT', '', 'SUBJECT', 'VERSION', 'WHERE', 'REPLICAS', 'OWNER', 'SINCE'], rows),
    ...(hidden > 0 ? [pc.dim(`${count(hidden, 'more component')} of projects that you may not see`)] : []),
    ...(truncated ? [pc.dim('There are more than are shown.')] : []),
  ].join('\n')
}

function lineageCommand(schema: Command, output: () => Output): void {
  schema
    .command('lineage [subject]')
    .description('who writes and reads which versions: by score.yaml, and by what is deployed')
    .option('--project <name>')
    .option('--in <environment>', 'in one environment only')
    .action(async (subject: string | undefined, options: Project & { in?: string }) => {
      const project = projectFrom(options.project)
      const query = { ...(options.in !== undefined && { environment: options.in }) }
      const api = connect()
      const graph =
        subject === undefined
          ? await api.getProjectLineage({ params: { project }, query })
          : await api.getSubjectLineage({ params: { project, subject }, query })
      show(output(), graph, lineageText)
    })
}

function payloadCommands(schema: Command, output: () => Output): void {
  schema
    .command('validate <subject> <file>')
    .description(
      'do these payloads fit? JSON, or with .jsonl one a line; - for standard input; exit 1 where one does not',
    )
    .option('--project <name>')
    .option('--schema-version <n>', 'the newest unless given', 'latest')
    .option('--each', 'the file is an array of payloads, not a payload that is an array')
    .action(async (subject: string, file: string, options: Project & { schemaVersion: string; each?: boolean }) => {
      const params = { project: projectFrom(options.project), subject, version: options.schemaVersion }
      const result = await readPayloads(file, options.each === true, (payloads) => connect().validatePayloads({ params, body: { payloads } })) // prettier-ignore
      show(output(), result, ({ valid, checked, invalid, version, items }) =>
        [
          `${valid ? pc.green('●') : pc.red('■')} ${valid ? `${count(checked, 'payload')} fit` : `${invalid} of ${count(checked, 'payload')} do not fit`} version ${version} of ${subject}`,
          ...items
            .filter((one) => !one.valid)
            .slice(0, 50)
            .flatMap(({ index, problems }) =>
              problems.map(({ path, message }) => `  ${pc.dim(`#${index + 1}`)} ${pc.bold(path || '/')} ${message}`),
            ),
        ].join('\n'),
      )
      if (!result.valid) process.exitCode = exitCode('failed')
    })
  schema
    .command('samples <subject>')
    .description('how much of the sampled live traffic fits the versions that it claims')
    .option('--project <name>')
    .option('--hours <n>', 'of how long', wholeNumber, 24)
    .action(async (subject: string, { hours, ...options }: Project & { hours: number }) => {
      const params = { project: projectFrom(options.project), subject }
      show(output(), await connect().getSamples({ params, query: { hours } }), ({ items }) =>
        items.length === 0
          ? `Nobody handed in a sample of ${subject} in ${count(hours, 'hour')}.`
          : [
              table(
                ['VERSION', 'ENVIRONMENT', 'CHECKED', 'INVALID', 'BY'],
                items.map((one) => [String(one.version), one.environment, String(one.checked), `${one.invalid} (${(100 * one.invalidRate).toFixed(1)} %)`, one.sources.join(' ')]),
              ),
              ...items.flatMap(({ version, environment, reasons }) =>
                reasons.map((one) => `  ${pc.red('■')} version ${version} in ${environment}: ${pc.bold(one.path || '/')} ${one.message} ${pc.dim(`${count(one.count, 'time')}, last ${ago(one.lastSeenAt)} by ${one.source}`)}`),
              ),
            ].join('\n'),
      )
    }) // prettier-ignore
}

export function schemaFindCommands(schema: Command, output: () => Output): void {
  searchCommand(schema, output)
  diffCommand(schema, output)
  impactCommand(schema, output)
  lineageCommand(schema, output)
  payloadCommands(schema, output)
}
