/** Writes completion scripts for shells from a list of commands. Pure. */

/** One command, as a shell completes it. */
export interface CompletedCommand {
  /** The words that lead to it, such as `key new`; none for `tacit` itself. */
  readonly words: readonly string[]
  readonly commands: readonly { readonly name: string; readonly about: string }[]
  readonly options: readonly { readonly flag: string; readonly about: string; readonly takesValue: boolean }[]
  /** What its first argument may be, where that is no file. */
  readonly choices: readonly string[]
}

/** Where words and flags of a table stand in a script: after the command's own words, joined by a space. */
const key = ({ words }: CompletedCommand): string => words.join(' ')

/** For bash 4 or later. Files are completed where nothing else is known. */
export function bashScript(commands: readonly CompletedCommand[]): string {
  const cases = commands
    .map(command => {
      const words = [...command.commands.map(({ name }) => name), ...command.choices].join(' ')
      const flags = [...new Set(command.options.map(({ flag }) => flag))].join(' ')
      return `    '${key(command)}') words='${words}'; flags='${flags}' ;;\n`
    })
    .join('')
  return `# bash completion for tacit. Source it: source <(tacit completion bash)
_tacit() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path='' words='' flags='' word index
  local known='${commands.map(key).filter(Boolean).join('|')}'
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${path:+$path }\${COMP_WORDS[index]}"
    case "|$known|" in *"|$word|"*) path="$word" ;; *) break ;; esac
  done
  case "$path" in
${cases}  esac
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$current"))
  elif ((index == COMP_CWORD)) && [[ -n "$words" ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}
complete -o default -F _tacit tacit
`
}

/** For zsh, as a file of `fpath` or sourced. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  const cases = commands
    .map(command => {
      const words = [
        ...command.commands.map(({ name, about }) => described(name, about)),
        ...command.choices.map(quoted)
      ]
      const flags = new Map(command.options.map(({ flag, about }) => [flag, described(flag, about)]))
      return `    '${key(command)}') words_here=(${words.join(' ')}); flags_here=(${[...flags.values()].join(' ')}) ;;\n`
    })
    .join('')
  return `#compdef tacit
# zsh completion for tacit. Put it into a folder of fpath as _tacit, or source it.
_tacit() {
  local route='' word
  local -a words_here flags_here known
  local -i index=2
  known=(${commands.map(key).filter(Boolean).map(quoted).join(' ')})
  while ((index < CURRENT)); do
    word="\${route:+$route }\${words[index]}"
    ((\${known[(Ie)$word]})) || break
    route="$word"
    ((index++))
  done
  case "$route" in
${cases}  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then
    _describe option flags_here
  elif ((index == CURRENT && \${#words_here})); then
    _describe command words_here
  else
    _files
  fi
}
if [[ "\${funcstack[1]}" == _tacit ]]; then _tacit "$@"; else compdef _tacit tacit; fi
`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** A word and what it is, as `_describe` takes them: a colon parts the two. */
function described(word: string, about: string): string {
  return quoted(`${word}:${about}`)
}
