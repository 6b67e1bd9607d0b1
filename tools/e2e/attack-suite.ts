import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Api } from '../platform/golden-path.ts'
import { user, type User } from './user.ts'

type Scorecard = {
  attacks: number
  grade: string
  scores: { category: string; attacks: number; grade: string }[]
  outcomes: { category: string; name: string; problem?: string }[]
}

/** What an attack would change if one got through that writes. */
const everything = async (api: Api) => ({
  users: (await api.listUsers({ query: { limit: 200 } })).items,
  groups: (await api.listGroups()).items,
  projects: (await api.listProjects({ query: {} })).items,
  bindings: (await api.listBindings({ query: {} })).items,
  tokens: (await api.listMyTokens()).items,
})

/** For the end of a file: the limits that the attacks run into stand for a while, and that of sign-ins already does. */
export function attackSuite(stage: () => { url: string; api: Api; token: string }): void {
  describe('plinth gateway attack', () => {
    let attacker: User
    let api: Api
    beforeAll(async () => {
      const { url, token } = stage()
      api = stage().api
      attacker = user('attacker', url)
      const said = await attacker.plinth(['login', '--url', url, '--with-token'], { input: `${token}\n` })
      expect(said, said.stderr).toMatchObject({ code: 0 })
    })
    afterAll(() => attacker?.forget())

    test('a started platform refuses every attack that the command line knows, and none changes anything', async () => {
      const before = await everything(api)
      const { attacks, grade, scores, outcomes } = await attacker.ask<Scorecard>(['gateway', 'attack'])
      expect(outcomes.filter(({ problem }) => problem !== undefined)).toEqual([])
      expect(grade).toBe('A+')
      expect(attacks).toBeGreaterThan(250)
      expect(scores.map(({ category }) => category)).toEqual([
        'paths', 'headers', 'tokens', 'smuggling', 'bodies', 'slow', 'streams', 'origins', 'limits', 'leaks',
      ]) // prettier-ignore
      expect(await everything(api)).toEqual(before)
    })
  })
}
