/** Helps to write commands: types what they are handed by their own schema. */
import type { StaticDecode, TObject } from '@sinclair/typebox'
import type { Command, CommandTools } from './records.ts'

/** Types what a command's `run` is handed from its schema of options. */
export function defineCommand<Options extends TObject>(
  command: Omit<Command, 'run' | 'options'> & {
    readonly options: Options
    run(options: StaticDecode<Options>, out: (line: string) => void, tools: CommandTools): Promise<number>
  }
): Command {
  const { run, ...rest } = command
  return {
    ...rest,
    run: (options, out, tools) => run.call(command, options as StaticDecode<Options>, out, tools)
  }
}
