import type { Node } from 'oxc-parser'

const nothing: ReadonlySet<string> = new Set()

/** The names that a syntax node binds for what is inside it: parameters of a function, declarations in a block. */
export function boundNames(scope: Node): ReadonlySet<string> {
  switch (scope.type) {
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
    case 'TSFunctionType':
    case 'TSMethodSignature':
      return new Set(scope.params.flatMap(namesIn))
    case 'CatchClause':
      return new Set(namesIn(scope.param))
    case 'Program':
    case 'BlockStatement':
      return new Set(scope.body.flatMap(declaredBy))
    case 'ForStatement':
      return new Set(declaredBy(scope.init))
    case 'ForOfStatement':
    case 'ForInStatement':
      return new Set(declaredBy(scope.left))
    default:
      return nothing
  }
}

function declaredBy(statement: Node | null): readonly string[] {
  switch (statement?.type) {
    case 'VariableDeclaration':
      return statement.declarations.flatMap(declarator => namesIn(declarator.id))
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
      return namesIn(statement.id)
    case 'ExportNamedDeclaration':
      return declaredBy(statement.declaration)
    case 'ImportDeclaration':
      return statement.specifiers.map(specifier => specifier.local.name)
    default:
      return []
  }
}

function namesIn(pattern: Node | null): readonly string[] {
  switch (pattern?.type) {
    case 'Identifier':
      return [pattern.name]
    case 'AssignmentPattern':
      return namesIn(pattern.left)
    case 'RestElement':
      return namesIn(pattern.argument)
    case 'ArrayPattern':
      return pattern.elements.flatMap(namesIn)
    case 'ObjectPattern':
      return pattern.properties.flatMap(namesIn)
    case 'Property':
      return namesIn(pattern.value)
    default:
      return []
  }
}
