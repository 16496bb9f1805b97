/** `tacit prices`: looks at what is known of prices, without a gateway. Each of its commands is a file of its own. */
import type { Command } from 'commander'
import { addPricesCheck } from './prices-check.ts'
import { addPricesDiff } from './prices-diff.ts'
import { addPricesExplain } from './prices-explain.ts'
import type { Terminal } from './terminal.ts'

/** Adds the commands. */
export function addPrices(program: Command, terminal: Terminal, done: (code: number) => void): void {
  const prices = program.command('prices').description('check prices, explain what a call costs, and compare prices')
  addPricesCheck(prices, terminal, done)
  addPricesExplain(prices, terminal, done)
  addPricesDiff(prices, terminal, done)
}
