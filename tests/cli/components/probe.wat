;; A plugin without a compiler: its tools are told apart by the last letter of their ids.
;; echo: its arguments; env: what the host says of HOME; fail: an error; spin: no end; crash: a trap.
(module
  (import "lumos:plugin/env@1.0.0" "get" (func $env (param i32 i32 i32)))
  (memory (export "memory") 2)
  (global $top (mut i32) (i32.const 4096))
  (data (i32.const 64) "HOME")
  (data (i32.const 128) "{\"code\": \"invalid-input\", \"message\": \"there is no such city\"}")
  (data (i32.const 1024) "{\"contributes\": {\"tool\": [{\"id\": \"probe.echo\", \"input_schema\": {\"type\": \"object\", \"properties\": {\"text\": {\"type\": \"string\"}}, \"required\": [\"text\"]}}, {\"id\": \"probe.env\"}, {\"id\": \"probe.fail\"}, {\"id\": \"probe.spin\"}, {\"id\": \"probe.crash\"}]}}")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
    (global.set $top (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (func $answer (param $error i32) (param $at i32) (param $size i32) (result i32)
    (i32.store (i32.const 16) (local.get $error))
    (i32.store (i32.const 20) (local.get $at))
    (i32.store (i32.const 24) (local.get $size))
    (i32.const 16))
  (func (export "lumos:plugin/plugin@1.0.0#describe") (result i32)
    (call $answer (i32.const 0) (i32.const 1024) (i32.const DESCRIBED)))
  (func (export "lumos:plugin/tool@1.0.0#call")
    (param $id i32) (param $size i32) (param $given i32) (param $length i32) (param i32 i32) (result i32)
    (local $letter i32)
    (local.set $letter (i32.load8_u (i32.sub (i32.add (local.get $id) (local.get $size)) (i32.const 1))))
    (if (i32.eq (local.get $letter) (i32.const 118)) ;; v
      (then
        (call $env (i32.const 64) (i32.const 4) (i32.const 16))
        (return (i32.const 16))))
    (if (i32.eq (local.get $letter) (i32.const 108)) ;; l
      (then (return (call $answer (i32.const 1) (i32.const 128) (i32.const FAILED)))))
    (if (i32.eq (local.get $letter) (i32.const 110)) ;; n
      (then (loop $again (br $again))))
    (if (i32.eq (local.get $letter) (i32.const 104)) ;; h
      (then (unreachable)))
    (call $answer (i32.const 0) (local.get $given) (local.get $length))))
