package record

import (
	"encoding/json"
	"reflect"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// fill sets every field of a value to something its codec must carry.
func fill(t *rapid.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if r, ok := v.Addr().Interface().(*Record); ok {
			*r = NewCommand(Key(2, 5), MessageSubscriptionCreate, &MessageSubscription{})
			fill(t, reflect.ValueOf(r.Value).Elem())
			return
		}
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	case reflect.String:
		v.SetString(rapid.StringN(1, 8, -1).Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int32, reflect.Int64:
		v.SetInt(int64(rapid.Int32().Draw(t, "int")))
	case reflect.Uint8:
		v.SetUint(uint64(rapid.Uint8().Draw(t, "byte")))
	case reflect.Uint64:
		v.SetUint(rapid.Uint64().Draw(t, "uint"))
	case reflect.Slice:
		switch {
		case v.Type() == reflect.TypeFor[Document]():
			doc, err := ParseDocument([]byte(`{"a":1,"b":{"c":[true,null,"x"]}}`))
			if err != nil {
				t.Fatal(err)
			}
			v.Set(reflect.ValueOf(doc))
		case v.Type().Elem().Kind() == reflect.Uint8:
			v.SetBytes(rapid.SliceOfN(rapid.Byte(), 1, 9).Draw(t, "bytes"))
		default:
			list := reflect.MakeSlice(v.Type(), 2, 2)
			for i := range 2 {
				fill(t, list.Index(i))
			}
			v.Set(list)
		}
	}
}

func TestEveryValueKeepsEveryFieldThroughTheCodec(t *testing.T) {
	for _, valueType := range ValueTypes() {
		t.Run(valueType.String(), rapid.MakeCheck(func(t *rapid.T) {
			value := NewValue(valueType)
			fill(t, reflect.ValueOf(value).Elem())
			in := Batch{Now: 5, FirstPosition: 7, Records: []Record{{Position: 7, SourcePosition: -1, Timestamp: 5, Key: Key(3, 9), Type: Event, ValueType: valueType, Intent: 0, Value: value}}}
			out, err := DecodeBatch(in.Append(nil))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(in.Records, out.Records) {
				t.Fatalf("got %+v, want %+v", out.Records[0].Value, in.Records[0].Value)
			}
		}))
	}
}

func TestADocumentIsWhatItsJSONSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := map[string]any{}
		for _, name := range rapid.SliceOfN(rapid.StringN(0, 6, -1), 0, 6).Draw(t, "names") {
			want[name] = rapid.OneOf(
				rapid.Just[any](nil), rapid.Map(rapid.Bool(), func(b bool) any { return b }),
				rapid.Map(rapid.String(), func(s string) any { return s }),
				rapid.Map(rapid.Int32(), func(i int32) any { return float64(i) }),
				rapid.Just[any]([]any{"x", map[string]any{"y": []any{}}}),
			).Draw(t, "value")
		}
		text, err := json.MarshalIndent(want, " ", "\t")
		if err != nil {
			t.Fatal(err)
		}
		doc, err := ParseDocument(text)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]any{}
		if err := json.Unmarshal(doc.AppendJSON(nil), &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(want, got) || doc.Len() != len(want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func FuzzParseDocument(f *testing.F) {
	for _, seed := range []string{``, `{}`, `{"a":1}`, `[1]`, `{"a":{"b":[1,2,{"c":null}]},"d":"\u00e9\n"}`, `{"a":-0.5e+3}`, `{"a":01}`, `{"a":[1,}`, `{"a":1,"a":2}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		doc, err := ParseDocument(text)
		var want map[string]any
		wantErr := json.Unmarshal(text, &want)
		if err != nil {
			if wantErr == nil && want != nil && json.Valid(text) && isUTF8(text) && len(text) < maxJSONDepth {
				t.Fatalf("refused %q: %v", text, err)
			}
			return
		}
		if err := doc.check(); err != nil {
			t.Fatal(err)
		}
		if len(doc) > 0 && !json.Valid(doc.AppendJSON(nil)) {
			t.Fatalf("%q became %s", text, doc)
		}
	})
}

func isUTF8(b []byte) bool { return string([]rune(string(b))) == string(b) }

func FuzzDecodeBatch(f *testing.F) {
	b := Batch{Now: 1, FirstPosition: 1, Rows: []Row{{RowInsert, []byte("k"), []byte("v")}}, Records: []Record{{Position: 1, SourcePosition: -1, Timestamp: 1, ValueType: TimerValue, Value: &Timer{}}}}
	f.Add(b.Append(nil)[5:])
	f.Fuzz(func(_ *testing.T, content []byte) {
		c := NewDecoder(content)
		decoded := Batch{}
		decoded.fields(&c, batchVersion)
	})
}

func TestASendKeepsItsNumbersInABatchAndInARow(t *testing.T) {
	send := Send{Partition: 3, Sequence: 7, Checkpoint: 2, Record: NewCommand(-1, TimerTrigger, &Timer{TargetElementID: "x", TenantID: DefaultTenant})}
	out, err := DecodeBatch((&Batch{Now: 0, FirstPosition: 1, Sends: []Send{send}}).Append(nil))
	if err != nil || !reflect.DeepEqual(out.Sends, []Send{send}) {
		t.Fatalf("batch: got %+v, %v", out, err)
	}
	row := NewEncoder(nil)
	send.Fields(&row)
	var read Send
	in := NewDecoder(row.Bytes())
	if read.Fields(&in); in.Err() != nil || !reflect.DeepEqual(read, send) {
		t.Fatalf("row: got %+v, %v", read, in.Err())
	}
}

func TestARecordTravelsAlone(t *testing.T) {
	r := NewCommand(Key(2, 3), DeliveryReceive, &Delivery{From: 1, To: 2, First: 5, Through: 5, Commands: []Record{NewCommand(-1, TimerTrigger, &Timer{TenantID: DefaultTenant})}})
	r.Timestamp, r.OperationReference = 12, 9
	if got, err := DecodeRecord(r.Append(nil)); err != nil || !reflect.DeepEqual(got, r) {
		t.Fatalf("got %+v, %v", got, err)
	}
}

// A value is coded by several readers at a time: the log, a courier, an exporter. The race detector sees whoever writes.
func TestEncodingOnlyReads(t *testing.T) {
	for _, valueType := range ValueTypes() {
		rejection := NewCommand(1, 0, NewValue(valueType))
		rejection.Type = CommandRejection
		var readers sync.WaitGroup
		for range 2 {
			readers.Go(func() { rejection.Append(nil) })
		}
		readers.Wait()
	}
}

func TestADeliveryInsideADeliveryIsRefused(t *testing.T) {
	inner := NewCommand(-1, DeliveryReceive, &Delivery{})
	outer := NewCommand(-1, DeliveryReceive, &Delivery{Commands: []Record{inner}})
	if _, err := DecodeRecord(outer.Append(nil)); err == nil {
		t.Fatal("it was read")
	}
}

func FuzzDecodeRecord(f *testing.F) {
	r := NewCommand(-1, DeliveryReceive, &Delivery{Commands: []Record{NewCommand(-1, TimerTrigger, &Timer{})}})
	f.Add(r.Append(nil))
	f.Fuzz(func(t *testing.T, src []byte) {
		r, err := DecodeRecord(src)
		if err != nil {
			return
		}
		if _, err := DecodeRecord(r.Append(nil)); err != nil {
			t.Fatalf("%+v cannot be read again: %v", r, err)
		}
	})
}

func TestADamagedBatchIsRefused(t *testing.T) {
	coded := (&Batch{Now: 1, FirstPosition: 1}).Append(nil)
	coded[len(coded)-1] ^= 1
	if _, err := DecodeBatch(coded); err == nil {
		t.Fatal("a changed byte went unnoticed")
	}
}

func TestCorrelationKeysAreRoutedAsZeebeDoes(t *testing.T) {
	for _, c := range []struct {
		key   string
		count int32
		want  int32
	}{{"", 3, 1}, {"a", 10, 8}, {"é", 100, 79}} {
		if got := PartitionForCorrelationKey(c.key, c.count); got != c.want {
			t.Errorf("%q over %d partitions: got %d, want %d", c.key, c.count, got, c.want)
		}
	}
}

func TestPackedVariablesExpandToOneRecordEach(t *testing.T) {
	var b Builder
	b.Add("x", 3, []byte("1"))
	b.Add("y", 4, []byte(`"z"`))
	r := Record{Position: 10, Type: Event, ValueType: VariablesValue, Intent: VariableCreated, Value: &Variables{ScopeKey: 100, Document: b.Document()}}
	var got []string
	err := Expand(&r, func(one *Record) error {
		v := one.Value.(*Variable)
		got = append(got, v.Name+"="+string(v.Value))
		if one.Position != int64(9+len(got)) || one.Key != int64(102+len(got)) || one.IntentName() != "CREATED" {
			t.Errorf("%+v", one)
		}
		return nil
	})
	if err != nil || len(got) != 2 || r.Span() != 2 {
		t.Fatal(got, err)
	}
}

func BenchmarkParseDocument(b *testing.B) {
	text := []byte(`{"var1":"value1","var2":true,"var3":15,"var4":{"a":"value4-1","b":false,"c":111},"var5":"736d9100-0155-4af5-be14-b09c42de8405","var6":"736d9100-0155-4af5-be14-b09c42de8406","var12":7458,"var13":false}`)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseDocument(text); err != nil {
			b.Fatal(err)
		}
	}
}
