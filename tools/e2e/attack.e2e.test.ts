import { afterAll, beforeAll, expect, test } from 'vitest'
import { signedIn, type Api } from '../platform/golden-path.ts'
import { openStage, type Stage } from './stage.ts'
import { user, type User } from './user.ts'

type Scorecard = {
  attacks: number
  grade: string
  scores: { category: string; attacks: number; grade: string }[]
  outcomes: { category: string; name: string; problem?: string }[]
}

let stage: Stage
let attacker: User
let api: Api
beforeAll(async () => {
  stage = await openStage()
  const { admin, url } = stage.platform
  api = await signedIn(admin)
  attacker = user('attacker', url)
  const login = ['login', '--url', url, '--username', admin.username, '--password-stdin']
  const said = await attacker.plinth(login, { input: `${admin.password}\n` })
  expect(said, said.stderr).toMatchObject({ code: 0 })
}, 120_000)
afterAll(async () => {
  attacker?.forget()
  await stage?.close()
}, 60_000)

/** What an attack would change if one got through that writes. */
const everything = async () => ({
  users: (await api.listUsers({ query: { limit: 200 } })).items,
  groups: (await api.listGroups()).items,
  projects: (await api.listProjects({ query: {} })).items,
  bindings: (await api.listBindings({ query: {} })).items,
  tokens: (await api.listMyTokens()).items,
})

test('a started platform refuses every attack that the command line knows, and none changes anything', async () => {
  const before = await everything()
  const { attacks, grade, scores, outcomes } = await attacker.ask<Scorecard>(['gateway', 'attack'])
  expect(outcomes.filter(({ problem }) => problem !== undefined)).toEqual([])
  expect(grade).toBe('A+')
  expect(attacks).toBeGreaterThan(250)
  expect(scores.map(({ category }) => category)).toEqual([
    'paths', 'headers', 'tokens', 'smuggling', 'bodies', 'slow', 'streams', 'origins', 'limits', 'leaks',
  ]) // prettier-ignore
  expect(await everything()).toEqual(before)
})
