package feel

var contextFunctions = []builtin{
	def("get value", "context c, key s", getValue),
	def("get value", "m c, key s", getValue),
	def("get value", "context c, keys l", getPath),
	def("get entries", "context c", getEntries),
	def("get entries", "m c", getEntries),
	def("context put", "context c, key s, value a", contextPut),
	def("context put", "context c, keys l, value a", contextPutPath),
	def("put", "context c, key s, value a", contextPut),
	def("context merge", "contexts l", func(m *machine, args []Value) Value { return mergeContexts(m, args[0].items()) }),
	def("context merge", "contexts c...", func(m *machine, args []Value) Value { return mergeContexts(m, args) }),
	def("put all", "contexts c...", func(m *machine, args []Value) Value { return mergeContexts(m, args) }),
	def("context", "entries l", contextOf),
}

func getValue(m *machine, args []Value) Value {
	v, _ := m.get(args[0], args[1].str())
	return v
}

// getPath follows a list of keys into nested contexts.
func getPath(m *machine, args []Value) Value {
	v, keys := args[0], args[1].items()
	if len(keys) == 0 {
		return Null
	}
	for _, key := range keys {
		name, isString := key.AsString()
		if !isString || v.kind != KindContext {
			return Null
		}
		v, _ = m.get(v, name)
	}
	return v
}

func getEntries(m *machine, args []Value) Value {
	entries := m.entries(args[0])
	if !m.grow(len(entries) * (valueSize + 2*entrySize)) {
		return Null
	}
	items := make([]Value, len(entries))
	for i, e := range entries {
		items[i] = NewContext(Entry{"key", String(e.Key)}, Entry{"value", e.Value})
	}
	return List(items...)
}

func contextPut(m *machine, args []Value) Value {
	return putEntry(m, args[0], args[1].str(), args[2])
}

// putEntry returns a copy of a context with one more or one replaced entry.
func putEntry(m *machine, v Value, key string, value Value) Value {
	entries := m.entries(v)
	if !m.grow((len(entries)+1)*entrySize) || !m.step(len(entries)) {
		return Null
	}
	copied := append(make([]Entry, 0, len(entries)+1), entries...)
	for i := range copied {
		if copied[i].Key == key {
			copied[i].Value = value
			return NewContext(copied...)
		}
	}
	return NewContext(append(copied, Entry{key, value})...)
}

// contextPutPath puts a value at the end of a path of keys; contexts on the way are made where they are missing.
func contextPutPath(m *machine, args []Value) Value {
	return putAtPath(m, args[0], args[1].items(), args[2])
}

func putAtPath(m *machine, v Value, keys []Value, value Value) Value {
	if len(keys) == 0 || len(keys) > MaxDepth {
		return Null
	}
	key, ok := keys[0].AsString()
	if !ok {
		return Null
	}
	if len(keys) > 1 {
		inner, _ := m.get(v, key)
		if inner.kind != KindContext {
			inner = NewContext()
		}
		if value = putAtPath(m, inner, keys[1:], value); value.kind == KindNull {
			return Null
		}
	}
	return putEntry(m, v, key, value)
}

// mergeContexts joins contexts; of equal keys the last one counts.
func mergeContexts(m *machine, contexts []Value) Value {
	var merged entryList
	for _, v := range contexts {
		if v.kind != KindContext {
			return Null
		}
		entries := m.entries(v)
		if !m.step(len(entries)) || !m.grow(len(entries)*entrySize) {
			return Null
		}
		for _, e := range entries {
			merged.set(e.Key, e.Value)
		}
	}
	return NewContext(merged.entries...)
}

// contextOf makes a context of entries {key, value}.
func contextOf(m *machine, args []Value) Value {
	items := args[0].items()
	if !m.step(len(items)) || !m.grow(len(items)*entrySize) {
		return Null
	}
	var list entryList
	for _, item := range items {
		if item.kind != KindContext {
			return Null
		}
		key, _ := m.get(item, "key")
		value, found := m.get(item, "value")
		name, isString := key.AsString()
		if !isString || !found {
			return Null
		}
		list.set(name, value)
	}
	return NewContext(list.entries...)
}
