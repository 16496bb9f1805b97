/** Long runs are seeded and short in `npm test`, and whole in `npm run test:full`. */

/** Whether they run whole. */
export const isFull = process.env.TACIT_TEST === 'full'
