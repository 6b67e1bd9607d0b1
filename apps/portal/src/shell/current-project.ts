import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useEffect } from 'react'
import { ask } from '../api/queries.ts'

const stored = 'plinth.project'

export const useProjects = () => useQuery(ask('listProjects', { query: { limit: 200 } }))

/** The project of the URL; elsewhere the one that was open last, else the first that one may see. */
export function useCurrentProject(): string | undefined {
  const { project } = useParams({ strict: false })
  const projects = useProjects().data?.items
  useEffect(() => {
    if (project !== undefined) localStorage.setItem(stored, project)
  }, [project])
  if (project !== undefined) return project
  const last = localStorage.getItem(stored)
  return projects?.find(({ name }) => name === last)?.name ?? projects?.[0]?.name
}
