import { Type } from 'typebox'
import { rpc } from '../core/rpc.ts'

export const RepositoryFile = Type.Object({ path: Type.String(), content: Type.String(), executable: Type.Boolean() })
const Key = { project: Type.String(), repository: Type.String() }

/** Creates the repository with these files as its first commit. The same files again: the same answer. */
export const createRepository = rpc({
  service: 'gitops',
  operation: 'create-repository',
  timeoutMs: 15_000,
  request: Type.Object({
    ...Key,
    files: Type.Array(RepositoryFile, { maxItems: 1000 }),
    message: Type.String(),
    authorName: Type.String(),
    actor: Type.String(),
  }),
  response: Type.Object({ revision: Type.String(), defaultBranch: Type.String() }),
})
export const archiveRepository = rpc({
  service: 'gitops',
  operation: 'archive-repository',
  request: Type.Object({ ...Key, actor: Type.String() }),
  response: Type.Object({ archived: Type.Boolean() }),
})
/** The texts of files at a revision; `null` for one that is not there (a directory, a symlink or over 1 MiB counts as not there). */
export const readFiles = rpc({
  service: 'gitops',
  operation: 'read-files',
  request: Type.Object({ ...Key, revision: Type.String(), paths: Type.Array(Type.String(), { maxItems: 50 }) }),
  response: Type.Object({ files: Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()])) }),
})
/** The paths of all files at a revision, in their order; `truncated` where there are more than are told. */
export const listFiles = rpc({
  service: 'gitops',
  operation: 'list-files',
  request: Type.Object({ ...Key, revision: Type.String() }),
  response: Type.Object({ paths: Type.Array(Type.String()), truncated: Type.Boolean() }),
})
/** What stands for the state of these files: the ids of their contents, or of the commits that touched them last; sorted, each once, of files that are there. */
export const fileIds = rpc({
  service: 'gitops',
  operation: 'file-ids',
  request: Type.Object({
    ...Key,
    revision: Type.String(),
    paths: Type.Array(Type.String(), { maxItems: 200 }),
    by: Type.Enum(['content', 'commit']),
  }),
  response: Type.Object({ ids: Type.Array(Type.String()) }),
})
/** Paths that differ between two commits; `known: false` where there is nothing to compare with. */
export const changedFiles = rpc({
  service: 'gitops',
  operation: 'changed-files',
  request: Type.Object({ ...Key, from: Type.String(), to: Type.String() }),
  response: Type.Object({ known: Type.Boolean(), paths: Type.Array(Type.String()) }),
})
/** The commit that a branch, tag or id names. */
export const resolveRevision = rpc({
  service: 'gitops',
  operation: 'resolve-revision',
  request: Type.Object({ ...Key, ref: Type.String() }),
  response: Type.Union([
    Type.Object({
      found: Type.Literal(true),
      revision: Type.String(),
      ref: Type.String(),
      title: Type.String(),
      author: Type.String(),
      protected: Type.Boolean(),
      defaultBranch: Type.String(),
    }),
    Type.Object({ found: Type.Literal(false) }),
  ]),
})
