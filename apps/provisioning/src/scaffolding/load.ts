import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { parse } from 'yaml'
import { checkPlaceholders } from './render.ts'
import { valueNames, type ParameterSchema } from './values.ts'
import { vendor, type SeedFile, type Vendored } from './vendor.ts'

type Parameters = { type: 'object'; properties?: Record<string, ParameterSchema> } & Record<string, unknown>
type Manifest = {
  name: string
  title: string
  description: string
  tags: string[]
  vendor: string[]
  parameters: Parameters
}

export type Template = Manifest & {
  /** With their placeholders. */
  skeleton: readonly SeedFile[]
  vendored: Vendored
  /** Fills in defaults; its `errors` tell what is wrong. */
  check: ValidateFunction
}

const manifestSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'title', 'description', 'parameters'],
  properties: {
    name: { type: 'string', pattern: '^[a-z][a-z0-9-]{1,39}$' },
    title: { type: 'string' },
    description: { type: 'string' },
    tags: { type: 'array', items: { type: 'string' }, default: [] },
    vendor: { type: 'array', items: { type: 'string' }, default: [] },
    parameters: { type: 'object', required: ['type'], properties: { type: { const: 'object' } } },
  },
}

const ajv = new Ajv2020({ allErrors: true, useDefaults: true, strict: false, logger: false })
const checkManifest = ajv.compile<Manifest>(manifestSchema)

/** Every template of a folder by name; throws at start for one that could not be rendered for everybody. */
export async function loadTemplates(folder: string): Promise<ReadonlyMap<string, Template>> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory())
  const templates = await Promise.all(entries.map(({ name }) => loadTemplate(join(folder, name))))
  return new Map(templates.sort((a, b) => (a.name < b.name ? -1 : 1)).map((template) => [template.name, template]))
}

export async function loadTemplate(folder: string): Promise<Template> {
  const manifest: unknown = parse(await readFile(join(folder, 'template.yaml'), 'utf8'))
  if (!checkManifest(manifest)) throw new Error(`${folder}/template.yaml: ${ajv.errorsText(checkManifest.errors)}`)
  const vendored = await vendor(manifest.vendor)
  const skeleton = (await filesIn(join(folder, 'skeleton'))).sort((a, b) => (a.path < b.path ? -1 : 1))
  const names = valueNames(manifest.parameters.properties ?? {})
  for (const file of skeleton) checkPlaceholders(file, names, vendored.versions)
  return { ...manifest, skeleton, vendored, check: ajv.compile(manifest.parameters) }
}

async function filesIn(folder: string, path = ''): Promise<SeedFile[]> {
  const entries = await readdir(join(folder, path), { withFileTypes: true })
  const found = entries.map(async (entry): Promise<SeedFile[]> => {
    const inside = path === '' ? entry.name : `${path}/${entry.name}`
    if (entry.isDirectory()) return filesIn(folder, inside)
    if (!entry.isFile()) throw new Error(`${inside} is neither a file nor a folder`)
    const content = await readFile(join(folder, inside))
    if (!content.equals(Buffer.from(content.toString('utf8')))) throw new Error(`${inside} is no text`)
    const { mode } = await stat(join(folder, inside))
    return [{ path: inside, content: content.toString('utf8'), executable: (mode & 0o100) !== 0 }]
  })
  return (await Promise.all(found)).flat()
}
