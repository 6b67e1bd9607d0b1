import { compatibilityLevels, type CompatibilityLevel, type SchemaKind } from '@plinth/contracts'
import { InvalidArgumentError, type Command } from 'commander'
import pc from 'picocolors'
import { wholeNumber } from '../arguments.ts'
import { exitCode } from '../exit-codes.ts'
import { ago, show, table, type Output } from '../output.ts'
import { allOf } from '../pages.ts'
import { patiently } from '../patience.ts'
import { readSchema, references, schemaKind, type Reference } from '../schema-file.ts'
import { documentationText, findingsText, verdictText } from '../schema-text.ts'
import { connect } from '../session.ts'
import { projectFrom } from '../target.ts'
import { schemaDeployCommands } from './schema-deploy.ts'
import { schemaFindCommands } from './schema-find.ts'
import { schemaGovernCommands } from './schema-govern.ts'
import { schemaReviewCommands } from './schema-reviews.ts'

type Project = { project?: string }
type File = Project & { type?: SchemaKind; reference?: Reference[] }

const versionText = (text: string): string => {
  if (!/^(?:latest|[1-9]\d{0,8})$/.test(text)) throw new InvalidArgumentError('it is a number from 1, or latest')
  return text
}

/** A command about a schema in a file, with how to read that. */
const withFile = (command: Command): Command =>
  command
    .option('--project <name>')
    .option('--type <type>', 'the language, where the file does not tell it', schemaKind)
    .option('--reference <name=subject:version>', 'what the schema refers to; can be given several times', references)

function writeCommands(schema: Command, output: () => Output): void {
  withFile(schema.command('check <subject> <file>'))
    .option('--in <environment>', 'by the rules of an environment, not only those of the project')
    .description('would this schema be accepted? exit 1 where it would break somebody or a rule')
    .action(async (subject: string, file: string, options: File & { in?: string }) => {
      const params = { project: projectFrom(options.project), subject }
      const body = readSchema(file, options)
      const query = { ...(options.in !== undefined && { environment: options.in }) }
      const verdict = await patiently(() => connect().checkCompatibility({ params, body }))
      const { accepted, findings } = await patiently(() => connect().lintSchema({ params, query, body }))
      show(output(), { ...verdict, accepted: verdict.compatible && accepted, findings }, () =>
        [...verdictText(subject, verdict), ...findingsText(findings)].join('\n'),
      )
      if (!verdict.compatible || !accepted) process.exitCode = exitCode('failed')
    })
  withFile(schema.command('register <subject> <file>'))
    .description('register a schema; the same again answers the version that it has')
    .action(async (subject: string, file: string, options: File) => {
      const params = { project: projectFrom(options.project), subject }
      const body = readSchema(file, options)
      const made = await patiently(() => connect().registerVersion({ params, body }))
      show(output(), made, ({ version, id, type, warnings = [] }) =>
        [
          `${pc.green('●')} ${subject} version ${pc.bold(String(version))} ${pc.dim(`${type} · id ${id}`)}`,
          ...findingsText(warnings),
        ].join('\n'),
      )
    })
  schema
    .command('compatibility <subject>')
    .argument('<level>', 'what to keep', levelFrom)
    .description(`what new versions must keep: ${compatibilityLevels.join(', ').toLowerCase()}`)
    .option('--project <name>')
    .action(async (subject: string, compatibility: CompatibilityLevel, options: Project) => {
      const params = { project: projectFrom(options.project), subject }
      show(
        output(),
        await connect().setCompatibility({ params, body: { compatibility } }),
        (s) => `${s.name}: ${s.compatibility}`,
      )
    })
}

function levelFrom(text: string): CompatibilityLevel {
  const found = compatibilityLevels.find((level) => level === text.toUpperCase().replaceAll('-', '_'))
  if (!found) throw new InvalidArgumentError(`it is one of ${compatibilityLevels.join(', ').toLowerCase()}`)
  return found
}

function readCommands(schema: Command, output: () => Output): void {
  schema
    .command('list')
    .description('subjects of a project')
    .option('--project <name>')
    .option('--limit <n>', 'how many', wholeNumber, 1000)
    .action(async ({ limit, ...options }: Project & { limit: number }) => {
      const params = { project: projectFrom(options.project) }
      const api = connect()
      const { items, cut } = await allOf((query) => api.listSubjects({ params, query }), limit)
      show(output(), { items }, () =>
        items.length === 0
          ? `${params.project} has no schemas yet. Register the first one: plinth schema register <subject> <file> --project ${params.project}`
          : [
              table(
                ['SUBJECT', 'TYPE', 'VERSION', 'COMPATIBILITY', 'CHANGED'],
                items.map((s) => [s.name, s.type, String(s.latestVersion), s.compatibility, ago(s.updatedAt)]),
              ),
              ...(cut ? [pc.dim(`There may be more than ${limit}: --limit, or plinth schema search <words>.`)] : []),
            ].join('\n'),
      )
    })
  schema
    .command('show <subject>')
    .argument('[version]', 'a number, or latest', versionText)
    .description('a version as documentation: fields, owner, tags, who uses it; the newest unless given')
    .option('--project <name>')
    .option('--raw', 'the schema itself and nothing else')
    .action(async (subject: string, version: string | undefined, options: Project & { raw?: boolean }) => {
      const params = { project: projectFrom(options.project), subject, version: version ?? 'latest' }
      const api = connect()
      if (options.raw) {
        const { schema: text } = await api.getVersion({ params })
        process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
        return
      }
      const { compatibility } = await api.getSubject({ params: { project: params.project, subject } })
      show(output(), await api.getSchemaDocumentation({ params }), (read) => documentationText(read, compatibility))
    })
  schema
    .command('versions <subject>')
    .description('the versions of a subject, newest first')
    .option('--project <name>')
    .action(async (subject: string, options: Project) => {
      const params = { project: projectFrom(options.project), subject }
      show(output(), await connect().listVersions({ params }), ({ items }) =>
        table(
          ['VERSION', 'ID', 'TYPE', 'REGISTERED', 'BY'],
          items.map((one) => [String(one.version), String(one.id), one.type, ago(one.createdAt), one.createdBy]),
        ),
      )
    })
}

export function schemaCommands(program: Command, output: () => Output): void {
  const schema = program
    .command('schema')
    .description('schemas: register and check them, who uses them, how they reach production')
  writeCommands(schema, output)
  readCommands(schema, output)
  schemaFindCommands(schema, output)
  schemaDeployCommands(schema, output)
  schemaReviewCommands(schema, output)
  schemaGovernCommands(schema, output)
}
