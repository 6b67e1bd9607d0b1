import { answer, type Answer } from '@plinth/bus'
import * as rpc from '@plinth/contracts'
import type { Parts } from '../parts.ts'
import {
  archiveRepository,
  compareCommits,
  createRepository,
  describeRevision,
  idsOfFiles,
  listAllFiles,
  readTexts,
} from './usecases.ts'

/** What other services ask and command. */
export const repositoryAnswers = (parts: Parts): Answer[] => [
  answer(rpc.createRepository, createRepository(parts)),
  answer(rpc.archiveRepository, archiveRepository(parts)),
  answer(rpc.readFiles, readTexts(parts)),
  answer(rpc.listFiles, listAllFiles(parts)),
  answer(rpc.fileIds, idsOfFiles(parts)),
  answer(rpc.changedFiles, compareCommits(parts)),
  answer(rpc.resolveRevision, describeRevision(parts)),
]
