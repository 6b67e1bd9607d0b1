import { listFiles, readFiles, resolveRevision } from '@plinth/contracts'
import type { Bus } from '@plinth/bus'
import { type Fetched, globMatcher, type IncludeSource } from '@plinth/ci'
import type { KeptFacts } from './pipeline-row.ts'

type Options = { signal?: AbortSignal }
type At = { project: string; repository: string; revision: string }

/**
 * What `include` names, read from the repositories of the platform: files of the pipeline's own commit, and files,
 * templates and components of repositories of the same project. Nothing is fetched from elsewhere.
 */
export function includeSources(bus: Bus, facts: KeptFacts, options: Options) {
  const own: At = { project: facts.project, repository: facts.repository, revision: facts.revision }

  async function textOf(at: At, path: string): Promise<string | undefined> {
    const { files } = await bus.ask(readFiles, { ...at, paths: [path] }, options)
    return files[path] ?? undefined
  }

  /** The commit that a ref of another repository of the project names; or why there is none. */
  async function placeOf(path: string, ref: string | undefined): Promise<At | string> {
    const [project = '', repository = '', ...more] = path.replace(/^\/+/, '').split('/')
    if (repository === '' || more.length > 0) return `\`${path}\` is no repository; expected \`project/repository\``
    // Whoever pushes here may read this project; of another one nobody knows that.
    if (project !== facts.project) return `it is of the project ${project}, and pipelines read repositories of their own project only` // prettier-ignore
    const found = await bus.ask(resolveRevision, { project, repository, ref: ref ?? 'HEAD' }, options)
    return found.found ? { project, repository, revision: found.revision } : `there is no ${ref ?? 'commit'} in ${path}`
  }

  async function fromRepository(path: string, repository: string, ref: string | undefined): Promise<Fetched> {
    const at = await placeOf(repository, ref)
    if (typeof at === 'string') return { problem: at }
    const text = await textOf(at, path)
    return text === undefined
      ? { problem: `there is no file of this path in ${repository}` }
      : { text, repository: { project: repository, ref: at.revision } }
  }

  /** `<host>/<project>/<repository>/<name>@<version>`: `templates/<name>.yml`, or `templates/<name>/template.yml`. */
  async function component(address: string): Promise<Fetched> {
    const [, path = '', name = '', version = ''] = /^[^/]+\/([^/]+\/[^/]+)\/([\w.-]+)@([^@]+)$/.exec(address) ?? []
    if (path === '') return { problem: 'expected `$CI_SERVER_FQDN/project/repository/name@version`' }
    const at = await placeOf(path, version)
    if (typeof at === 'string') return { problem: at }
    const text = (await textOf(at, `templates/${name}.yml`)) ?? (await textOf(at, `templates/${name}/template.yml`))
    if (text === undefined) return { problem: `${path} has no component ${name}` }
    const about = { name, version, reference: version, sha: at.revision }
    return { text, repository: { project: path, ref: at.revision }, component: about }
  }

  return {
    async fetch(source: IncludeSource): Promise<Fetched> {
      if (source.kind === 'component') return component(source.address)
      if (source.kind === 'remote') return { problem: 'files from other servers are not allowed here; keep a copy in a repository of the project' } // prettier-ignore
      if (source.kind === 'template') return { problem: 'there are no templates of that name; keep a copy in a repository of the project' } // prettier-ignore
      if (source.repository) return fromRepository(source.path, source.repository.project, source.repository.ref)
      const text = await textOf(own, source.path)
      return text === undefined ? { problem: 'there is no such file in this commit' } : { text }
    },

    async list(pattern: string, repository: { project: string; ref?: string } | undefined): Promise<string[]> {
      const at = repository ? await placeOf(repository.project, repository.ref) : own
      if (typeof at === 'string') return []
      const { paths } = await bus.ask(listFiles, at, options)
      return paths.filter(globMatcher(pattern))
    },
  }
}
