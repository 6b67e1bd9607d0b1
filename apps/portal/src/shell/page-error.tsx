import { useRouter } from '@tanstack/react-router'
import { Page } from '../ui/page.tsx'
import { ProblemView } from '../ui/problem-view.tsx'

export function PageError({ error }: { error: unknown }) {
  const router = useRouter()
  return (
    <Page title="This page could not be shown">
      <ProblemView error={error} onRetry={() => void router.invalidate()} />
    </Page>
  )
}
