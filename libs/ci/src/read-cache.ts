import type { Problems } from './problems.ts'
import { readChoice, readFlag, readKeywords, readText, readTexts } from './read-values.ts'
import type { Node } from './tree.ts'

/** What is kept from one run of a job to the next (GitLab, "cache"); texts may hold variables. */
export type CacheSpec = {
  /** A text, or the files whose contents, or whose last commits, make it. */
  key: string | { files: string[]; by: 'content' | 'commit'; prefix?: string }
  /** Tried in this order where nothing is kept under the key. */
  fallbackKeys: string[]
  paths: string[]
  /** Whatever git does not track, besides the paths. */
  untracked: boolean
  when: 'on_success' | 'on_failure' | 'always'
  /** `pull`, `push`, `pull-push`, or a text with variables that becomes one of them. */
  policy: string
  /** Shared with refs that are not protected, on purpose. */
  unprotect: boolean
}

/** GitLab's limits. */
const cachesMax = 4
const keyFilesMax = 2
const fallbackKeysMax = 5
const pathsMax = 200
const policies = ['pull', 'push', 'pull-push'] as const

/** One mapping or a list of them. `[]` and `{}` say that nothing is kept, whatever `default` holds. */
export function readCaches(node: Node, problems: Problems): CacheSpec[] {
  const items = node.kind === 'list' ? node.items : [node]
  if (items.length > cachesMax) problems.add(node.at, `A job has ${cachesMax} caches at the most.`)
  return items.flatMap((item) => {
    if (item.kind === 'map') return item.entries.size === 0 ? [] : [readCache(item, problems)]
    problems.add(item.at, 'Expected a mapping with `key` and `paths`, or a list of such mappings, for `cache`.')
    return []
  })
}

function readCache(map: Extract<Node, { kind: 'map' }>, problems: Problems): CacheSpec {
  const cache: CacheSpec = {
    key: 'default', fallbackKeys: [], paths: [], untracked: false, when: 'on_success', policy: 'pull-push', unprotect: false,
  } // prettier-ignore
  readKeywords(
    map,
    '`cache`',
    {
      key: (inner) => void (cache.key = readKey(inner, problems) ?? cache.key),
      fallback_keys: (inner) => {
        cache.fallbackKeys = readTexts(inner, '`cache:fallback_keys`', fallbackKeysMax, problems)
        for (const key of cache.fallbackKeys) checkKey(inner, key, '`cache:fallback_keys`', problems)
      },
      paths: (inner) => void (cache.paths = readPaths(inner, '`cache:paths`', pathsMax, problems)),
      untracked: (inner) => void (cache.untracked = readFlag(inner, '`cache:untracked`', problems) ?? false),
      unprotect: (inner) => void (cache.unprotect = readFlag(inner, '`cache:unprotect`', problems) ?? false),
      when: (inner) => {
        cache.when = readChoice(inner, '`cache:when`', ['on_success', 'on_failure', 'always'], problems) ?? cache.when
      },
      policy: (inner) => {
        const hasVariables = inner.kind === 'scalar' && inner.text.includes('$')
        const read = hasVariables ? inner.text : readChoice(inner, '`cache:policy`', policies, problems)
        cache.policy = read ?? cache.policy
      },
    },
    problems,
  )
  return cache
}

function readKey(node: Node, problems: Problems): CacheSpec['key'] | undefined {
  if (node.kind !== 'map') {
    const key = readText(node, '`cache:key`', problems)
    if (key !== undefined) checkKey(node, key, '`cache:key`', problems)
    return key
  }
  const found: { content?: string[]; commit?: string[]; prefix?: string } = {}
  readKeywords(
    node,
    '`cache:key`',
    {
      files: (inner) => void (found.content = readPaths(inner, '`cache:key:files`', keyFilesMax, problems)),
      files_commits: (inner) =>
        void (found.commit = readPaths(inner, '`cache:key:files_commits`', keyFilesMax, problems)),
      prefix: (inner) => {
        const prefix = readText(inner, '`cache:key:prefix`', problems)
        if (prefix === undefined) return
        checkKey(inner, prefix, '`cache:key:prefix`', problems)
        found.prefix = prefix
      },
    },
    problems,
  )
  const files = found.content ?? found.commit ?? []
  if (files.length === 0 || (found.content !== undefined && found.commit !== undefined))
    problems.add(node.at, '`cache:key` as a mapping needs either `files` or `files_commits`, with one or two paths.')
  return {
    files,
    by: found.content === undefined ? 'commit' : 'content',
    ...(found.prefix !== undefined && { prefix: found.prefix }),
  }
}

/** A key names a folder in GitLab's own stores, so that neither a slash nor dots alone are one there. */
function checkKey(node: Node, key: string, what: string, problems: Problems): void {
  if (/\/|%2f/i.test(key) || /^(?:\.|%2e)+$/i.test(key))
    problems.add(node.at, `Expected a text without \`/\`, and not of dots alone, in ${what}; this is \`${key}\`.`)
}

/** Paths stay within the project: the runner checks again, this one tells early and with the line. */
function readPaths(node: Node, what: string, max: number, problems: Problems): string[] {
  const paths = readTexts(node, what, max, problems)
  for (const path of paths) {
    if (path.startsWith('/') || path.split('/').includes('..') || path.includes('\0'))
      problems.add(node.at, `Expected paths inside of the project in ${what}; \`${path}\` leads out of it.`)
  }
  return paths
}
