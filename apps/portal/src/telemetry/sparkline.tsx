import type { Point } from './series.ts'

const width = 120
const height = 28

/** The shape of the last hour, for a glance; the chart has the numbers. */
export function Sparkline({ points, className }: { points: readonly Point[]; className?: string }) {
  const values = points.map(([, value]) => value).filter(Number.isFinite)
  if (values.length < 2) return null
  const max = Math.max(...values)
  const min = Math.min(...values, 0)
  const range = max - min || 1
  const path = values
    .map(
      (value, index) =>
        `${((index / (values.length - 1)) * width).toFixed(1)},${(height - 1 - ((value - min) / range) * (height - 3)).toFixed(1)}`,
    )
    .join(' L')
  return (
    <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true" className={className}>
      <path d={`M${path}`} fill="none" stroke="currentColor" strokeWidth="1.25" vectorEffect="non-scaling-stroke" />
    </svg>
  )
}
