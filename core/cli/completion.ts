/** `tacit completion`: prints what makes a shell complete commands, options and files. Made from the commands themselves. */
import { Argument, type Command } from 'commander'
import { bashScript, type CompletedCommand, zshScript } from './completion-scripts.ts'
import { EXIT, type Terminal } from './terminal.ts'

const SCRIPTS = { bash: bashScript, zsh: zshScript } as const

const NOTES = `
Examples:
  source <(tacit completion bash)
  tacit completion bash > /etc/bash_completion.d/tacit
  tacit completion zsh > "\${fpath[1]}/_tacit"`

/** Adds the command. */
export function addCompletion(program: Command, terminal: Terminal, done: (code: number) => void): void {
  program
    .command('completion')
    .description('print what makes a shell complete commands, options and files')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', NOTES)
    .action((shell: keyof typeof SCRIPTS) => {
      terminal.out(SCRIPTS[shell](completedCommands(program)))
      done(EXIT.ok)
    })
}

/** Every command by the words that lead to it; the program itself by none. */
function completedCommands(program: Command): readonly CompletedCommand[] {
  const all: CompletedCommand[] = []
  const visit = (command: Command, words: readonly string[]): void => {
    const [argument] = command.registeredArguments
    all.push({
      words,
      commands: command.commands.map(child => ({ name: child.name(), about: child.description() })),
      options: command
        .createHelp()
        .visibleOptions(command)
        .flatMap(option =>
          [option.short, option.long].flatMap(flag =>
            flag ? [{ flag, about: option.description, takesValue: option.required || option.optional }] : []
          )
        ),
      choices: argument?.argChoices ?? (argument?.name() === 'method' ? ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] : [])
    })
    for (const child of command.commands) visit(child, [...words, child.name()])
  }
  visit(program, [])
  return all
}
