import { useQueries, useQuery } from '@tanstack/react-query'
import { ask } from '../../api/queries.ts'
import { useProjects } from '../../shell/current-project.ts'

const projectsMax = 12
const longMs = 60_000

/** A role as bindings and rules name it; the listing of roles leaves the kind out. */
export const roleSubject = (name: string): string => (name.includes(':') ? name : `role:${name}`)

/** What the platform knows by name, for suggestions; where listing is denied there are none, and one types. */
export function useNames() {
  const users = useQuery({ ...ask('listUsers', { query: { limit: 200 } }), staleTime: longMs })
  const groups = useQuery({ ...ask('listGroups', {}), staleTime: longMs })
  const roles = useQuery({ ...ask('listRoles', {}), staleTime: longMs })
  const projects = useProjects().data?.items ?? []
  const environments = useQueries({
    queries: projects
      .slice(0, projectsMax)
      .map(({ name }) => ({ ...ask('listEnvironments', { params: { project: name } }), staleTime: longMs })),
  })
  const userNames = (users.data?.items ?? []).map(({ username }) => `user:${username}`)
  const groupNames = (groups.data?.items ?? []).map(({ name }) => `group:${name}`)
  const roleNames = (roles.data?.items ?? []).map(({ name }) => roleSubject(name))
  return {
    users: userNames,
    groups: groupNames,
    roles: roleNames,
    subjects: [...userNames, ...groupNames],
    projects: projects.map(({ name }) => name),
    domains: projects.flatMap(({ name }, index) => [
      name,
      ...(environments[index]?.data?.items ?? []).map((environment) => `${name}/${environment.name}`),
    ]),
  }
}
