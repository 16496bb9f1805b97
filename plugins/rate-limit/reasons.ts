/** The refusals of the plugin, and which of them belongs to what. Pure. */
import type { LimitUnit } from 'tacit-gateway/dialects'

/** Every no of this plugin. */
export const REASONS = {
  requests_limited: { status: 429, message: 'Too many requests. Try again later.', retryable: true },
  tokens_limited: { status: 429, message: 'Too many tokens. Try again later.', retryable: true },
  cost_limited: { status: 429, message: 'Too much was spent. Try again later.', retryable: true },
  bytes_limited: { status: 429, message: 'Too many bytes. Try again later.', retryable: true },
  concurrency_limited: { status: 429, message: 'Too many requests at once. Try again later.', retryable: true },
  beyond_limit: {
    status: 429,
    message: 'This request asks for more than its limit ever allows. Ask for less.',
    retryable: false
  },
  model_unpriced: {
    status: 400,
    message: 'No price is known for this model, so it cannot be used where cost is limited.',
    retryable: false
  },
  limits_unavailable: { status: 503, message: 'Limits cannot be checked just now. Try again.', retryable: true }
} as const

/** Why a request is refused that its limit has no room for. */
export function reasonFor(unit: LimitUnit, retryAfterMs: number): keyof typeof REASONS {
  if (retryAfterMs === Number.POSITIVE_INFINITY) return 'beyond_limit'
  switch (unit) {
    case 'requests':
      return 'requests_limited'
    case 'cost':
      return 'cost_limited'
    case 'bytes':
      return 'bytes_limited'
    case 'concurrent':
      return 'concurrency_limited'
    default:
      return 'tokens_limited'
  }
}
